// Sends the request that a form describes, with the key of the page, and shows what came back.
document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, shown = form.querySelector("pre"), query = new URLSearchParams();
  let path = form.dataset.path;
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    if (field.dataset.in === "query" && field.value) query.set(field.name, field.value);
  }
  const key = document.getElementById("key").value.trim(), headers = key ? { authorization: `Bearer ${key}` } : {};
  let body;
  const written = form.querySelector("textarea");
  if (written) { body = written.value; headers["content-type"] = "application/json"; }
  const file = form.querySelector("input[type=file]");
  if (file) { body = new FormData(); body.append("purpose", form.querySelector("select").value); body.append("file", file.files[0]); }
  shown.hidden = false;
  shown.textContent = "…";
  try {
    const answer = await fetch(path + (query.size ? `?${query}` : ""), { method: form.dataset.method, headers, body });
    let text = await answer.text();
    try { text = JSON.stringify(JSON.parse(text), null, 1); } catch { /* it is not JSON, and is shown as it is */ }
    shown.textContent = `${answer.status} ${answer.headers.get("x-request-id") ?? ""}\n\n${text}`;
  } catch (error) {
    shown.textContent = String(error);
  }
});
