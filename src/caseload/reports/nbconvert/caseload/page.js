(function () {
  "use strict";
  var button = document.getElementById("print-agenda");
  if (button) {
    button.parentNode.hidden = false;
    button.addEventListener("click", function () {
      document.body.classList.add("only-agenda");
      window.print();
    });
    window.addEventListener("afterprint", function () { document.body.classList.remove("only-agenda"); });
  }

  var form = document.getElementById("arrange");
  if (!form) return;
  var body = document.querySelector(".list tbody"), count = document.getElementById("count");
  var rows = Array.prototype.slice.call(body.rows), order = form.elements.order;

  function before(x, y) {
    if (order.value === "change" && x.dataset.change !== y.dataset.change) return x.dataset.change < y.dataset.change ? 1 : -1;
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
