// Records a voice note with the microphone, where there is one.
export async function record(onTime) {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return null;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return null;
  }
  const type = ["audio/ogg;codecs=opus", "audio/mp4", "audio/webm;codecs=opus"].find((t) => MediaRecorder.isTypeSupported(t));
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  const parts = [];
  const started = Date.now();
  const timer = setInterval(() => {
    const s = Math.floor((Date.now() - started) / 1000);
    onTime(Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0"));
  }, 250);
  let dropped = false;
  const result = new Promise((resolve) => {
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      clearInterval(timer);
      stream.getTracks().forEach((track) => track.stop());
      const mime = (recorder.mimeType || "audio/ogg").replace(/;\s*/, "; ");
      resolve(dropped || parts.length === 0 ? null : new File(parts, "voice." + mime.split(/[/;]/)[1], { type: mime }));
    };
  });
  recorder.start();
  return { result, stop: () => recorder.stop(), drop: () => { dropped = true; recorder.stop(); } };
}
