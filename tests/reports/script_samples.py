"""Sentences in many scripts, and what syllables of them are made of."""

from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

SENTENCES = {
    "chinese": "在仓库入口处发现一个无人看管的包。“门”号、已报警。",
    "japanese": "倉庫の入口で放置された鞄を発見しました。テスト、カメラ「三」。葛󠄀城",
    "korean": "창고 입구에서 방치된 가방을 발견했습니다. 카메라 3번",
    "thai": "พบกระเป๋าที่ไม่มีคนดูแลที่ทางเข้าโกดัง กล้องที่ ๓ น้ำ ก็ ผู้ใหญ่",
    "lao": "ພົບກະເປົາທີ່ບໍ່ມີຄົນເບິ່ງແຍງຢູ່ທາງເຂົ້າສາງ ນ້ຳ",
    "khmer": "រកឃើញកាបូបដែលគ្មានអ្នកមើលនៅច្រកចូលឃ្លាំង ខ្មែរ ស្ត្រី កើត ដើម្បី",
    "burmese": "ဂိုဒေါင်ဝင်ပေါက်တွင် စောင့်ကြည့်သူမရှိသော အိတ်တစ်လုံး တွေ့ရှိ မြန်မာ ကြွ",
    "hindi": "गोदाम के प्रवेश द्वार पर लावारिस बैग मिला। क्षत्रिय किताब हिन्दी र्कि श्रृंखला",
    "bengali": "গুদামের প্রবেশপথে একটি পরিত্যক্ত ব্যাগ পাওয়া গেছে। কোন চৌকি শ্রী",
    "tamil": "கிடங்கு நுழைவாயிலில் கவனிக்கப்படாத பை கண்டுபிடிக்கப்பட்டது. கொள்கை கௌரவம் ஸ்ரீ",
    "telugu": "గిడ్డంగి ప్రవేశ ద్వారం వద్ద గమనింపబడని సంచి కనుగొనబడింది. క్ష్మి స్త్రీ",
    "kannada": "ಗೋದಾಮಿನ ಪ್ರವೇಶದ್ವಾರದಲ್ಲಿ ಗಮನಿಸದ ಚೀಲ ಪತ್ತೆಯಾಗಿದೆ. ಸ್ತ್ರೀ ಕೋ",
    "malayalam": "വെയർഹൗസ് പ്രവേശന കവാടത്തിൽ ശ്രദ്ധിക്കപ്പെടാത്ത ബാഗ് കണ്ടെത്തി. സ്ത്രീ കൊ",
    "gujarati": "વેરહાઉસના પ્રવેશદ્વાર પર ધ્યાન વિનાની બેગ મળી. કિતાબ શ્રી ર્કિ",
    "punjabi": "ਗੋਦਾਮ ਦੇ ਪ੍ਰਵੇਸ਼ ਦੁਆਰ ਤੇ ਲਾਵਾਰਿਸ ਬੈਗ ਮਿਲਿਆ। ਕਿਤਾਬ",
    "odia": "ଗୋଦାମ ପ୍ରବେଶ ଦ୍ୱାରରେ ଅଯତ୍ନ ବ୍ୟାଗ ମିଳିଲା। କୋଣ ଶ୍ରୀ କି",
    "sinhala": "ගබඩාවේ දොරටුවේ නොසැලකූ බෑගයක් හමු විය. ශ්‍රී කෝ කේ ක්‍ය",
    "amharic": "በመጋዘኑ መግቢያ ላይ ያለተጠባባቂ ቦርሳ ተገኝቷል።",
    "armenian": "Պահեստի մուտքի մոտ հայտնաբերվել է անտեր պայուսակ",
    "georgian": "საწყობის შესასვლელთან ნაპოვნია უპატრონო ჩანთა.",
    "arabic": "تم العثور على حقيبة متروكة عند مدخل المستودع (٣) لا إله",
    "persian": "یک کیف بدون سرپرست در ورودی انبار پیدا شد. می‌خواهم",
    "urdu": "گودام کے داخلی دروازے پر ایک لاوارث بیگ ملا",
    "vowelled arabic": "يُرْجَى ٱلِٱنْتِبَاهُ إِلَى ٱلْحَقِيبَةِ ٱلْمَتْرُوكَةِ لِلَّهِ مُحَمَّدٌ",
    "syriac": "ܫܠܳܡܳܐ ܥܰܡܟ݂ܽܘܢ ܟܺܝܣܳܐ",
    "thaana": "ދިވެހިބަސް ގުދަނުގެ ދޮރުމަތި",
    "nko": "ߒߞߏ ߞߊ߲߫ ߓߐ߬ߙߐ",
    "hebrew": "נמצא תיק ללא השגחה בכניסה למחסן. שָׁלוֹם",
    "tibetan": "མཛོད་ཁང་གི་སྒོ་ལ་ཁུག་མ་ཞིག་རྙེད། བསྒྲུབས རྒྱལ",
    "mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
    "javanese": "ꦧꦱꦗꦮ ꦏ꧀ꦏ",
    "cherokee": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
    "emoji": "😀 👩‍👩‍👧 ❤️ 🇫🇷 👍🏽 1️⃣ 🏳️‍🌈 🫩",
    "historic": "𓀀𓁐 𐎀𐎁 𒀀𒁀 𗀀𗀁 𓂀",
}

_TELLING = Path(__file__).parent / "telling_letters.txt"
OTHERS = dict(line.split(" ", 1) for line in _TELLING.read_text("utf-8").splitlines())
"""Sentences whose letters tell their language, by its code."""


class Syllables(NamedTuple):
    """Letters of a script, the sign that joins two of them, and the vowels that one may bear."""

    letters: str
    joiner: str
    vowels: str


SYLLABLES = {
    "devanagari": Syllables("कखगघचजटडतदनपबमयरलवशसह", "\u094d", "\u093e\u093f\u0940\u0941\u0947\u094b\u0902"),
    "bengali": Syllables("কখগচজটডদনপবমযরলশসহ", "\u09cd", "\u09be\u09bf\u09c0\u09c1\u09c7\u09cb\u0982"),
    "gujarati": Syllables("કખગચજટડતદનપબમયરલવ", "\u0acd", "\u0abe\u0abf\u0ac0\u0ac1\u0ac7\u0acb"),
    "tamil": Syllables("கஙசஞடணதநபமயரலவழளறன", "", "\u0bbe\u0bbf\u0bc0\u0bc1\u0bc6\u0bc7\u0bc8\u0bca\u0bcb\u0bcc\u0bcd"),
    "telugu": Syllables("కఖగచజటడతదనపబమయరలవ", "\u0c4d", "\u0c3e\u0c3f\u0c40\u0c41\u0c46\u0c48\u0c4a"),
    "kannada": Syllables("ಕಖಗಚಜಟಡತದನಪಬಮಯರಲವ", "\u0ccd", "\u0cbe\u0cbf\u0cc0\u0cc1\u0cc6\u0cc8\u0cca"),
    "malayalam": Syllables("കഖഗചജടഡതദനപബമയരലവ", "\u0d4d", "\u0d3e\u0d3f\u0d40\u0d46\u0d48\u0d4a"),
    "sinhala": Syllables("කගචජටඩතදනපබමයරලවසහ", "", "\u0dcf\u0dd2\u0dd3\u0dd4\u0dd9\u0ddc\u0dca"),
    "khmer": Syllables("កខគចឆដតនបពមយរលវស", "\u17d2", "\u17b6\u17b7\u17b8\u17bb\u17be\u17c1\u17c4"),
    "burmese": Syllables("ကခဂငစဆတထနပဖဗမယရလဝသ", "", "\u102c\u102d\u102e\u102f\u1031\u1032"),
    "thai": Syllables("กขคงจชดตทนบปพมยรลวสหอ", "", "ะ\u0e31า\u0e34\u0e35\u0e38\u0e33"),
    "lao": Syllables("ກຂຄງຈຊຍດຕທນບປມຢລວສຫອ", "", "ະາ\u0eb4\u0eb5\u0eb8\u0eb3"),
    "tibetan": Syllables("ཀཁགངཅཇཏདནཔབམཙཚརལཤས", "", "\u0f72\u0f74\u0f7a\u0f7c"),
    "ethiopic": Syllables("ለመሠረሰሸቀበተነአከወዘየደገጠ", "", ""),
    "han": Syllables("在仓库入口处发现一个无人看管的包倉庫で放置された창고입구에", "", ""),
    "hebrew": Syllables("אבגדהוזחטיכלמנסעפצקרשת", "", ""),
    "arabic": Syllables("ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآةى", "", "\u064e\u064f\u0650\u0651\u0652\u064b\u064d"),
    "syriac": Syllables("ܐܒܓܕܗܘܙܚܛܝܟܠܡܢܣܥܦܨܩܪܫܬ", "", "\u0730\u0733\u0736\u073a\u073d\u0742"),
    "thaana": Syllables("ހށނރބޅކއވމފދތލގޏސޑ", "", "\u07a6\u07a7\u07a8\u07aa\u07ac\u07ae\u07b0"),
    "nko": Syllables("ߊߋߌߍߎߏߐߒߓߔߕߖߗߘߙߛߜߝߞߟߡߢߣߥ", "", "\u07eb\u07ec\u07f2\u07f3"),
}


def words(script: str) -> st.SearchStrategy[str]:
    """Make lines of words in a script."""
    letters, joiner, vowels = SYLLABLES[script]
    letter = st.sampled_from(letters)
    endings = st.sampled_from(["", *vowels])
    syllable = st.builds(str.__add__, letter, endings)
    if joiner:
        syllable = st.one_of(syllable, st.builds("{}{}{}{}".format, letter, st.just(joiner), letter, endings))
    word = st.lists(syllable, min_size=2, max_size=6).map("".join)
    return st.lists(word, min_size=1, max_size=6).map(" ".join)
