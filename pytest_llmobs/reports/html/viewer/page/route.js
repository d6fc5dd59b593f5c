// What the page shows, as its address says: `#/trial/12?repeat=2`. Every state of the page is one.

// Return {view, argument, options} of an address's fragment.
export function readRoute(fragment) {
  const [path, query = ""] = fragment.replace(/^#/, "").split("?", 2);
  const [, view = "", argument = ""] = path.split("/").map(decoded);
  return { view, argument, options: new Map(new URLSearchParams(query)) };
}

// Return the fragment of a route; empty options are left out.
export function routeFragment({ view = "", argument = "", options = new Map() }) {
  const path = ["", view, argument].map(encodeURIComponent).join("/").replace(/\/+$/, "") || "/";
  const query = new URLSearchParams([...options].filter(([, value]) => value !== "" && value !== null));
  return query.size ? `#${path}?${query}` : `#${path}`;
}

// Show another state; going back shows this one again.
export function go(route) {
  location.hash = routeFragment(route);
}

// Keep options in the address of what is shown already, without showing it again: Map or entries, "" drops one.
export function keepOptions(changes) {
  const route = readRoute(location.hash);
  for (const [name, value] of changes) {
    route.options.set(name, value);
  }
  history.replaceState(null, "", routeFragment(route));
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // an address that somebody cut short
  }
}
