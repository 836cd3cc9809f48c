// Swagger UI has dark colours for pages of this class. Its own switch for them is in a
// bar that this page does not have.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dark.addEventListener("change", follow);
follow();
