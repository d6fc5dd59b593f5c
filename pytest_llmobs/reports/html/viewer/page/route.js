// What the page shows, as its address says: `#/trial/12?repeat=2`. Every state of the page is one.

// Return {view, argument, options} of what the page shows now.
export function readRoute() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?", 2);
  const [, view = "", argument = ""] = path.split("/").map(decoded);
  return { view, argument, options: new Map(new URLSearchParams(query)) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    // an address that somebody cut short
    return part;
  }
}

// Return the fragment of a route; empty options are left out.
export function routeFragment({ view = "", argument = "", options = new Map() }) {
  const path = ["", view, argument].map(encodeURIComponent).join("/").replace(/\/+$/, "") || "/";
  const query = String(new URLSearchParams([...options].filter(([, value]) => value !== "")));
  return query ? `#${path}?${query}` : `#${path}`;
}

// Return the fragment of a trial, with options that it keeps.
export function trialFragment(row, options) {
  return routeFragment({ view: "trial", argument: row, options });
}

// Show another state; going back shows this one again.
export function go(route) {
  location.hash = routeFragment(route);
}

// Return what is shown with other options, Map or entries; "" drops one.
export function withOptions(route, changes) {
  return { ...route, options: new Map([...route.options, ...changes]) };
}

// Keep options in the address of what is shown already, without showing it again.
export function keepOptions(changes) {
  history.replaceState(null, "", routeFragment(withOptions(readRoute(), changes)));
}
