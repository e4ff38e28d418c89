"""The clients that people use: OpenAI's own (`openai`) and one of AUTOMATIC1111's web UI (`webuiapi`), both from PyPI.

    python bench/serve/clients.py
"""

import base64
import json

import openai
import webuiapi
from server import Server

LAYOUT = {"objects": [{"caption": "a red ball", "box": [0.1, 0.2, 0.4, 0.4]}], "background": "a beach", "negative": ""}
PNG = b"\x89PNG"


def with_openai(server):
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none")
    print("openai: models", [model.id for model in client.models.list()])
    lmd = {"layout": LAYOUT, "preset": "fast", "steps": 4, "seed": 7}
    answer = client.images.generate(model="gpt-image-1", prompt="a red ball", n=1, size="256x256", extra_body={"lmd": lmd})
    picture = base64.b64decode(answer.data[0].b64_json)
    assert picture.startswith(PNG) and answer.lmd["layout"] == LAYOUT, answer
    print("openai: a picture of", len(picture), "bytes, the layout given back")
    kinds = []
    stream = client.images.generate(
        model="gpt-image-1", prompt="a red ball", stream=True, partial_images=2, size="256x256", extra_body={"lmd": lmd | {"steps": 12}})
    for event in stream:
        kinds.append(event.type)
        assert base64.b64decode(event.b64_json).startswith(PNG)
    print("openai: streamed", kinds)
    assert kinds[-1] == "image_generation.completed" and len(kinds) >= 2
    try:
        client.images.generate(prompt="a cat", size="100x100")
        raise SystemExit("a size that cannot be drawn was taken")
    except openai.BadRequestError as error:
        print("openai: refused with", error.code, "-", error.body["message"])


def with_webuiapi(server):
    host, port = server.url.removeprefix("http://").split(":")
    api = webuiapi.WebUIApi(host=host, port=int(port))
    print("webuiapi: samplers", [sampler["name"] for sampler in api.get_samplers()], "models", api.util_get_model_names())
    result = api.txt2img(prompt="a red ball", negative_prompt="dogs", seed=5, steps=4, width=256, height=256, cfg_scale=5, sampler_name="DDIM")
    print("webuiapi: a picture of", result.image.size, "seed", result.info["seed"])
    assert result.info["seed"] == 5 and result.image.size == (256, 256)
    seen = api.png_info(result.image)
    print("webuiapi: png-info", json.dumps(seen.info)[:100])
    assert "Seed: 5" in seen.info
    print("webuiapi: progress", api.get_progress()["progress"], "options", api.get_options()["sd_model_checkpoint"])
    api.set_options({"sd_model_checkpoint": "bundled"})
    api.interrupt()


def main():
    server = Server().start()
    with_openai(server)
    with_webuiapi(server)
    server.stop()


if __name__ == "__main__":
    main()
