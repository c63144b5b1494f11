// Loaded before the page is drawn: what only works with a script may show, its plain twin may hide.
document.documentElement.classList.add("js");
