"""Links of a table that comes in pages: titles that sort it, and other queries."""


def titles(request, order, columns):
    """Return the titles of the columns: text, query that sorts by it, direction.

    `columns` has, by the name in an order, the text and the order that its title gives
    at first, or None.
    """
    return [
        {
            "text": text,
            "query": first and sorted_query(request, order, first),
            "direction": direction(name, order),
        }
        for name, (text, first) in columns.items()
    ]


def sorted_query(request, order, first):
    """Return the query that sorts by a column; the other way if it does so already."""
    query = query_without(request)
    name = first.removeprefix("-")
    other = name if first.startswith("-") else f"-{name}"
    query["order"] = other if order == first else first
    return query.urlencode()


def direction(name, order):
    """Return the value of aria-sort, or an empty text."""
    if name != order.removeprefix("-"):
        return ""
    return "descending" if order.startswith("-") else "ascending"


def query_without(request, *names):
    """Return a copy of a request's query for the first page, without some fields."""
    query = request.GET.copy()
    for name in ("cursor", *names):
        query.pop(name, None)
    return query
