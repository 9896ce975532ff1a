/// The embedded default model: resources under `META-INF/smalti/models`, no code.
///
/// `index.json` there is written by the build (`build/ModelIndex.java`) and lists the model's name, files, sizes and
/// SHA-256. Beside the published layouts `dalle/ vqgan/ clip/`, a model may bring `sampling.json`, the settings that
/// its makers recommend: `guidance_scale` (1 = no guidance), `temperature` (0 = greedy), `top_k` (0 = all codes) and
/// `top_p` (1 = all codes); a key that is missing keeps the family's own default.
open module smalti.models {}
