"""Texts for property tests: news-like ones, and anything at all."""

from hypothesis import strategies as st

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
news = st.text(
    han
    | st.sampled_from("，。：（）“”、！ \n\t0123456789abcXYZｅＡ①…㎡ﬁ著着臺灣裏裡⽤⻓\u200b\ufeff\u0301éß")
    | st.sampled_from("こんにちはカタカナ한국어ΑΩЖ"),
    max_size=60,
)
anything = st.text(st.characters(), max_size=40)  # lone surrogates, unassigned and private ones too
