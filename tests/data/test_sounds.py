"""Folders of WAV files, against waves that are known."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_info import dataset_info
from dlrun.data.formats.picture_file import Unreadable
from dlrun.data.formats.sound import SoundForm, decode, spectrogram
from dlrun.data.read import read
from dlrun.data.sets.sounds import Sounds

RATE = 8000


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE, size: float = 0.5) -> np.ndarray:
    return size * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def write(path: Path, values: np.ndarray, rate: int = RATE, width: int = 2, channels: int = 1) -> Path:
    """By Python's own writer; `values` from -1 to 1, interleaved channels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        whole = np.round(values * (2 ** (8 * width - 1) - 1)).astype(np.int64)
        if width == 1:
            file.writeframes((whole + 128).astype(np.uint8).tobytes())
        else:
            file.writeframes(b"".join(int(value).to_bytes(width, "little", signed=True) for value in whole))
    return path


@pytest.mark.parametrize("width", (1, 2, 3, 4))
def test_waves_of_8_to_32_bits_are_read_as_written(tmp_path, width):
    values = tone(440, 0.1)
    found = decode(write(tmp_path / "a.wav", values, width=width).read_bytes(), SoundForm(RATE, 0.1))
    assert found.dtype == np.float32 and found.shape == (1, 800)
    assert np.abs(found[0] - values).max() < 1.1 / 2 ** (8 * min(width, 3) - 1)


def test_channels_are_averaged_rates_changed_and_lengths_made_one(tmp_path):
    both = np.stack([tone(200, 0.5), np.zeros(4000)], 1).reshape(-1)
    found = decode(write(tmp_path / "a.wav", both, channels=2).read_bytes(), SoundForm(RATE, 1.0))[0]
    assert np.abs(found[:4000] - tone(200, 0.5) / 2).max() < 1e-4 and not found[4000:].any()
    data = write(tmp_path / "b.wav", tone(200, 0.5, 16_000), rate=16_000).read_bytes()
    assert np.abs(decode(data, SoundForm(RATE, 0.5))[0][100:-100] - tone(200, 0.5)[100:-100]).max() < 2e-3


def test_a_tone_is_loudest_in_the_band_of_its_frequency_and_silence_is_0():
    form = SoundForm(RATE, 1.0, 40, 256)
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), 42) / 2595) - 1)
    for hertz in (300, 1000, 2500):
        found = spectrogram(tone(hertz), form)
        assert found.shape == (40, 61) == form.shape[1:] and found.max() == pytest.approx(1)
        band = int(found.mean(1).argmax())
        assert edges[band] <= hertz <= edges[band + 2]
    louder = spectrogram(tone(1000, size=0.9), form)
    np.testing.assert_allclose(louder, spectrogram(tone(1000, size=0.1), form), atol=1e-6)
    assert not spectrogram(np.zeros(RATE), form).any()


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, hertz in (("high", 2000), ("low", 300)):
        for place in range(12):
            write(tmp_path / "sounds" / name / f"{place}.wav", tone(hertz + 20 * place, 0.3))
    return tmp_path / "sounds"


def test_a_folder_a_class_is_a_data_set_and_broken_files_are_named(folder):
    (folder / "low" / "x.wav").write_bytes(b"RIFF....WAVE")
    (folder / "low" / "notes.txt").write_text("")
    cfg = Sounds(path=str(folder), seconds=0.25, bands=16)
    source = read(cfg, "", print)
    assert source.x.shape == (24, 1, 16, 14) and source.data_spec == dataset_info(cfg, "").data_spec
    assert source.data_spec.classes == ("high", "low") and source.y.tolist() == [0] * 12 + [1] * 12
    assert "1 unreadable sounds" in source.notes[0] and "x.wav" in source.notes[0]
    assert source.notes[1] == "1 files beside the sounds are left out"
    wave_form = read(Sounds(path=str(folder), seconds=0.25, form="wave"), "", print)
    assert wave_form.data_spec.input_kind == "series" and wave_form.x.shape == (24, 1, 2000)
    for file in (folder / "low").glob("*.wav"):
        file.write_bytes(b"")
    with pytest.raises(ConfigError, match="no train sound of low can be read"):
        read(cfg, "", print)
    with pytest.raises(Unreadable):
        decode(b"RIFF", SoundForm(RATE, 1.0))


def test_a_network_hears_high_from_low_and_names_new_sounds(folder, go, capsys, tmp_path):
    from dlrun.cli.route import route

    outcome = go("dataset=sounds", f"dataset.path={folder}", "dataset.seconds=0.25", "dataset.bands=16", "model=cnn",
                 "model.filters=[4]", "model.hidden=[]", "batch_size=8", "epochs=12", "optimizer.lr=0.01")
    assert outcome.result["test"]["accuracy"] == 1
    new = write(tmp_path / "new.wav", tone(2100, 0.4))
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), str(new), str(folder / "low")]) == 0
    header, first, *others = capsys.readouterr().out.splitlines()
    assert header == "input,class,p(high),p(low)" and first.startswith(f"{new},high,")
    assert len(others) == 12 and all(",low," in line for line in others)
