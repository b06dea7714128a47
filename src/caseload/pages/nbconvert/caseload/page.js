(function () {
  "use strict";
  function every(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }
  every(".scripted").forEach(function (part) { part.hidden = false; });

  var button = document.getElementById("print-agenda");
  if (button) {
    button.addEventListener("click", function () {
      document.body.classList.add("only-agenda");
      window.print();
    });
    window.addEventListener("afterprint", function () { document.body.classList.remove("only-agenda"); });
  }

  // What is typed and ticked lives in this page only, until it is saved as a page of its own.
  var FIELDS = "textarea.write", BOXES = "input[type=checkbox]", unsaved = false;
  var grows = window.CSS && CSS.supports("field-sizing", "content");

  function pageAsItIs() {
    var copy = document.documentElement.cloneNode(true), fields = every(FIELDS), boxes = every(BOXES);
    every(FIELDS, copy).forEach(function (field, at) { field.textContent = "\n" + fields[at].value; });
    every(BOXES, copy).forEach(function (box, at) { box.toggleAttribute("checked", boxes[at].checked); });
    every(".scripted", copy).forEach(function (part) { part.hidden = true; });
    every("[role=status]", copy).forEach(function (status) { if (!status.dataset.rest) status.textContent = ""; });
    return "<!DOCTYPE html>\n" + copy.outerHTML;
  }
  function save(event) {
    var link = document.createElement("a"), name = document.title.replace(/[^\w ,.-]+/g, "") + ", with notes.html";
    link.href = URL.createObjectURL(new Blob([pageAsItIs()], { type: "text/html" }));
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
    unsaved = false;
    every("[role=status]", event.currentTarget.parentNode)[0].textContent = "Saved as \u201c" + name + "\u201d. What you type from here on is not in it.";
  }
  every(".save button").forEach(function (each) { each.addEventListener("click", save); });
  every(FIELDS + "," + BOXES).forEach(function (field) {
    field.addEventListener("input", function () {
      unsaved = true;
      if (!grows && field.rows) {
        field.style.height = "auto";
        field.style.height = field.scrollHeight + "px";
      }
    });
  });
  window.addEventListener("beforeunload", function (event) { if (unsaved) event.preventDefault(); });

  // Where a field does not grow by itself, its text is printed in its place, so that nothing is cut off.
  if (!grows) {
    var printed = [];
    window.addEventListener("beforeprint", function () {
      printed = every(FIELDS).map(function (field) {
        var words = document.createElement("div");
        words.className = "write";
        words.style.setProperty("--n", field.rows);
        words.textContent = field.value;
        field.parentNode.insertBefore(words, field);
        field.hidden = true;
        return words;
      });
    });
    window.addEventListener("afterprint", function () {
      printed.forEach(function (words) { words.remove(); });
      every(FIELDS).forEach(function (field) { field.hidden = false; });
    });
  }

  var form = document.getElementById("arrange");
  if (!form) return;
  var body = document.querySelector(".list tbody"), count = document.getElementById("count");
  var rows = Array.prototype.slice.call(body.rows), order = form.elements.order;

  function before(x, y) {
    if (order.value === "change" && x.dataset.change !== y.dataset.change) return x.dataset.change < y.dataset.change ? 1 : -1;
    if (order.value === "due" && x.dataset.due !== y.dataset.due) return y.dataset.due - x.dataset.due;
    return x.dataset.place - y.dataset.place;
  }
  function arrange() {
    var shown = 0, wanted = form.elements.show.value;
    rows.sort(before).forEach(function (row) {
      row.hidden = wanted !== "all" && row.dataset.states.split(" ").indexOf(wanted) < 0;
      shown += row.hidden ? 0 : 1;
      body.appendChild(row);
    });
    count.textContent = shown + " of " + rows.length + " supervisees, in order of " +
      order.selectedOptions[0].text.toLowerCase() + ". " + count.dataset.rest;
  }
  form.addEventListener("change", arrange);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  arrange();
})();
