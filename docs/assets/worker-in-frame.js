// Browsers start no worker from a file:// address: there the one that searches lives in a hidden frame instead.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      const inside = frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      // One script after another, as a worker has them; an async one of the frame would not keep the order.
      inside.importScripts = (...urls) => urls.reduce((before, one) => before.then(() => new Promise((done) => {
        const script = inside.document.createElement("script");
        script.src = one;
        script.onload = done;
        inside.document.body.appendChild(script);
      })), Promise.resolve());
      this.inside = inside;
      this.ready = inside.importScripts(url);
    }
    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
    terminate() {}
  };
}
