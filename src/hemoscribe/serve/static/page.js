// What the pages do better with a script; everything works without one.
"use strict";

const upload = document.getElementById("upload");
if (upload) {
  const file = document.getElementById("file");
  const name = document.getElementById("file-name");
  const empty = name.textContent;
  const show = () => { name.textContent = file.files.length ? file.files[0].name : empty; };
  file.addEventListener("change", show);
  const zone = upload.closest(".drop");
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) {
    zone.addEventListener(kind, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) { file.files = event.dataTransfer.files; show(); }
  });
  upload.addEventListener("submit", () => {
    const button = upload.querySelector("button.primary");
    button.setAttribute("aria-busy", "true");
    button.textContent = upload.dataset.reading;
  });
}

const review = document.getElementById("review");
if (review) {
  const texts = [...review.querySelectorAll("textarea[data-shown]")];
  const words = (text) => text.split(/\s+/).filter(Boolean).join(" ");
  const accept = review.querySelector("button[value=accepted]");
  const save = review.querySelector("button[value=corrected]");
  const follow = () => {
    const changed = texts.some((area) => words(area.value) !== words(area.dataset.shown));
    if (accept) {
      accept.disabled = changed;
      save.disabled = !changed;
      accept.classList.toggle("primary", !changed);
      save.classList.toggle("primary", changed);
    }
    for (const area of texts) {
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight + 2}px`;
    }
  };
  for (const area of texts) { area.addEventListener("input", follow); }
  window.addEventListener("resize", follow);
  follow();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
