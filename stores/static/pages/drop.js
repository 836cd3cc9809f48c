/* Files can be dropped anywhere on the form, several at once. A single one that is
   dropped on a field goes there. Each other goes to the field of the kind with whose
   name its own begins, such as store_status_2.csv with store_status. */
"use strict";

const form = document.querySelector("form.drop");
const said = document.getElementById("dropped");

function fieldOf(file, target, count) {
  const fields = [...form.querySelectorAll("[data-file-name]")];
  const here = fields.find((field) => field.closest("div").contains(target));
  const name = file.name.toLowerCase();
  const named = (field) => name.startsWith(field.dataset.fileName.replace(".csv", ""));
  return (count === 1 && here) || fields.find(named);
}

function put(file, field) {
  const files = new DataTransfer();
  files.items.add(file);
  field.files = files.files;
  return `${file.name}: ${field.labels[0].textContent}.`;
}

function drop(event) {
  event.preventDefault();
  form.classList.remove("dropping");
  const files = [...event.dataTransfer.files];
  const texts = files.map((file) => {
    const field = fieldOf(file, event.target, files.length);
    return field
      ? put(file, field)
      : `${file.name} is not known by its name: drop it on its field.`;
  });
  said.textContent = texts.join(" ");
}

if (form) {
  said.textContent =
    "Choose files, or drop them here, all at once if they have the usual names: " +
    [...form.querySelectorAll("[data-file-name]")]
      .map((field) => field.dataset.fileName)
      .join(", ") + ".";
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", drop);
}
