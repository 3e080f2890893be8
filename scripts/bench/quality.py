#!/usr/bin/env python3
"""Measures the demo model on real sentences: BLEU and chrF of our engine and CTranslate2 in int8 and f32, and the share of
sentences that are identical in int8 and f32 of the same engine."""

import unicodedata

import common
import ctranslate2
import sacrebleu
import sentencepiece

COUNT = 2000


def main():
    arguments = common.options(__doc__, tsv="German, a tab, and English in each line")
    pairs = common.lines(arguments.tsv)[: 40 if arguments.quick else COUNT]
    german, english = [german for german, _ in pairs], [english for _, english in pairs]
    results = []
    for beams in (1, 4):
        found = {f"ours {precision}": ours(german, precision, beams) for precision in arguments.precisions}
        for precision in common.CT2:
            found[f"CTranslate2 {precision}"] = ctranslate2_text(german, precision, beams)
        engines = {}
        for name, translations in found.items():
            reference = found.get(name.replace("int8", "f32"), [])
            engines[name] = {
                "bleu": sacrebleu.corpus_bleu(translations, [english]).score,
                "chrf": sacrebleu.corpus_chrf(translations, [english]).score,
                # There is nothing to compare with if f32 is not measured.
                "identical": sum(map(str.__eq__, translations, reference)) / len(german) if reference else None,
            }
            print(f"beams {beams}, {name}: {engines[name]}", flush=True)
        results.append({"beams": beams, "count": len(german), "engines": engines})
        common.save("quality", results)


def ours(german, precision, beams):
    translations, _ = common.figures(common.ours("text", precision, beams=beams), stdin="\n".join(german) + "\n")
    assert len(translations) == len(german)
    return translations


def ctranslate2_text(german, precision, beams):
    model = str(common.ct2(common.DEMO, precision))
    translator = ctranslate2.Translator(model, intra_threads=common.THREADS)
    source, target = (
        sentencepiece.SentencePieceProcessor(model_file=str(common.DEMO / f"{side}.spm")) for side in ("source", "target")
    )
    tokens = [source.encode(unicodedata.normalize("NFC", text), out_type=str) + ["</s>"] for text in german]
    found = translator.translate_batch(tokens, beam_size=beams, max_batch_size=32)
    return [target.decode(result.hypotheses[0]) for result in found]


if __name__ == "__main__":
    main()
