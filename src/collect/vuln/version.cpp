// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/version.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/text.h"

namespace sekisho {
namespace {

constexpr std::size_t kLongestText = 300;
constexpr std::size_t kLongestForm = 80;
constexpr std::string_view kCounting = "#+^@_";  // of a form

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool separator(char c) { return std::string_view(" -_:,./").contains(c); }

/// What a part of the makers' scheme is, in its highest byte: those of less come first.
enum Kind : std::uint8_t {
  not_out = 1,
  lacking = 2,
  letters = 3,
  update = 4,
  unknown = 5,
  number = 6
};
constexpr unsigned kKindBits = 56;
constexpr std::uint64_t kMostValue = (std::uint64_t{1} << kKindBits) - 1;
constexpr std::uint64_t kLast = UINT64_MAX;

std::uint64_t part(Kind kind, std::uint64_t value) {
  return static_cast<std::uint64_t>(kind) << kKindBits | value;
}
constexpr std::uint64_t kLacking = static_cast<std::uint64_t>(Kind::lacking) << kKindBits;
Kind kind_of(std::uint64_t value) { return static_cast<Kind>(value >> kKindBits); }

/// Up to seven letters as one number, longer words after shorter ones: z before za.
std::optional<std::uint64_t> packed(std::string_view word) {
  if (word.size() * 8 > kKindBits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : word) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

/// FNV-1a.
std::uint64_t hashed(std::string_view text) {
  std::uint64_t value = 14695981039346656037U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return value;
}

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || value >= kMostValue) return std::nullopt;
  return value;
}

struct Word {
  std::string_view word;
  Kind kind;
  std::uint64_t value;
};
/// Words that makers put into versions. Those of `lacking` say nothing.
constexpr std::array kWords{
    Word{"dev", not_out, 1},     Word{"nightly", not_out, 1}, Word{"snapshot", not_out, 1},
    Word{"alpha", not_out, 2},   Word{"beta", not_out, 3},    Word{"milestone", not_out, 4},
    Word{"preview", not_out, 5}, Word{"pre", not_out, 5},     Word{"rc", not_out, 6},
    Word{"cr", not_out, 6},      Word{"final", lacking, 0},   Word{"ga", lacking, 0},
    Word{"release", lacking, 0}, Word{"update", update, 1},   Word{"u", update, 1},
    Word{"sp", update, 2},       Word{"p", update, 3},        Word{"patch", update, 3},
    Word{"pl", update, 3},       Word{"r", update, 4},        Word{"rev", update, 4},
    Word{"h", update, 5},        Word{"hf", update, 5},       Word{"hotfix", update, 5},
    Word{"build", update, 6},    Word{"post", update, 7},     Word{"cu", update, 8},
    Word{"s", update, 9}};

/// A word of the makers' scheme, by what stands around it.
std::uint64_t word_part(std::string_view word, bool behind_digit, bool before_digit) {
  if (before_digit && !behind_digit) {
    if (word == "m") word = "milestone";
    if (word == "a") word = "alpha";
    if (word == "b") word = "beta";
  }
  const auto* known = std::ranges::find(kWords, word, &Word::word);
  if (known != kWords.end() && (word.size() > 1 || before_digit))
    return part(known->kind, known->value);
  // "1.0.2k", "1.1.1za", "19sv"; but 3.13.0a1 may come before 3.13.0 or after it.
  if (behind_digit && word.size() <= 2 && !(before_digit && (word == "a" || word == "b")))
    return part(letters, *packed(word));
  return part(unknown, hashed(word) & kMostValue);
}

/// Words before a version that make it none. Behind it only kPlainWords may stand.
constexpr auto kWordsOfDoubt = std::to_array<std::string_view>(
    {"about",     "above",    "after",     "alpha",  "approx",   "around",    "at",
     "available", "before",   "below",     "beta",   "earlier",  "except",    "expected",
     "fix",       "fixed",    "fixes",     "former", "formerly", "from",      "if",
     "last",      "later",    "latest",    "least",  "max",      "maximum",   "maybe",
     "min",       "minimum",  "need",      "needed", "needs",    "newer",     "newest",
     "next",      "no",       "non",       "not",    "old",      "older",     "or",
     "pending",   "planned",  "previous",  "prior",  "rc",       "recommend", "recommended",
     "required",  "requires", "scheduled", "should", "since",    "target",    "tbd",
     "than",      "through",  "to",        "todo",   "under",    "unknown",   "until",
     "up",        "was",      "were",      "when"});

/// Words that may stand behind a version: what makers print there, and what says that it is in use.
constexpr auto kPlainWords = std::to_array<std::string_view>(
    {"amd",      "apr",     "arm",      "aug",      "b",         "bin",   "bit",     "bits",
     "build",    "c",       "compiled", "core",     "current",   "d",     "date",    "dec",
     "edition",  "en",      "eol",      "eos",      "es",        "evo",   "f",       "feature",
     "feb",      "final",   "fips",     "firmware", "fortinet",  "fri",   "ga",      "h",
     "hf",       "hotfix",  "hw",       "img",      "installed", "ja",    "jan",     "jp",
     "jst",      "jul",     "jun",      "k",        "long",      "lts",   "m",       "mar",
     "mature",   "may",     "mon",      "mr",       "nc",        "ndcpp", "nov",     "oct",
     "official", "out",     "patch",    "platform", "r",         "rel",   "release", "rev",
     "revision", "running", "sat",      "sep",      "sig",       "spa",   "stable",  "sun",
     "sv",       "term",    "thu",      "tue",      "user",      "utc",   "v",       "wed"});

/// What may stand around a version in Japanese.
constexpr auto kPlainJapanese = std::to_array<std::string_view>({"バージョン",
                                                                 "ファームウェア",
                                                                 "ファームウエア",
                                                                 "ファーム",
                                                                 "ビルド",
                                                                 "リリース",
                                                                 "適用済み",
                                                                 "適用済",
                                                                 "更新済み",
                                                                 "更新済",
                                                                 "導入済み",
                                                                 "導入済",
                                                                 "使用中",
                                                                 "稼働中",
                                                                 "確認済み",
                                                                 "確認済",
                                                                 "正式版",
                                                                 "安定版",
                                                                 "ルーター",
                                                                 "ルータ",
                                                                 "日本語版",
                                                                 "管理画面",
                                                                 "設定画面",
                                                                 "機種",
                                                                 "型番",
                                                                 "製品",
                                                                 "本体",
                                                                 "本社",
                                                                 "支店",
                                                                 "現在",
                                                                 "時点",
                                                                 "です",
                                                                 "版",
                                                                 "年",
                                                                 "月",
                                                                 "日",
                                                                 "時",
                                                                 "分",
                                                                 "、",
                                                                 "。",
                                                                 "・"});
constexpr std::string_view kPlainSigns = " -_:,./()[]{}'\"|#=&*;@";

/// Beside these, in systems' names.
constexpr auto kSystemJapanese = std::to_array<std::string_view>(
    {"ウィンドウズ", "エディション", "ビット", "ホーム", "プロ", "サーバー", "サーバ", "家庭用",
     "法人", "企業", "®", "™", "©", "–"});

/// One of kWordsOfDoubt stands in it.
bool doubtful(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && letter(text[end])) ++end;
    if (std::ranges::find(kWordsOfDoubt, text.substr(at, end - at)) != kWordsOfDoubt.end())
      return true;
    at = end + 1;
  }
  return false;
}

/// How long the known text beside a version is that begins at `at`; 0 where it isn't known.
std::size_t plain_japanese(std::string_view text, std::size_t at) {
  for (const auto& known : {std::span<const std::string_view>(kPlainJapanese),
                            std::span<const std::string_view>(kSystemJapanese)})
    for (const std::string_view word : known)
      if (text.substr(at).starts_with(word)) return word.size();
  return 0;
}

/// Whether what stands around versions leaves them what they are. `read` has a mark for each byte
/// that was read as one, or as another number. Only what is known may stand beside: a word, a sign
/// or a number that can't be placed may say that it isn't this version after all.
bool left_as_read(std::string_view text, const std::vector<bool>& read, std::size_t first) {
  for (std::size_t at = 0; at < text.size();) {
    if (read[at]) {
      ++at;
      continue;
    }
    const char c = text[at];
    std::size_t end = at;
    if (digit(c)) {
      while (end < text.size() && !read[end] && digit(text[end])) ++end;
      // A version that has no form here.
      if (end + 1 < text.size() && !read[end] && text[end] == '.' && digit(text[end + 1]))
        return false;
    } else if (letter(c)) {
      while (end < text.size() && !read[end] && letter(text[end])) ++end;
      const std::string_view word = text.substr(at, end - at);
      const bool of_model =
          (at > 0 && digit(text[at - 1])) || (end < text.size() && digit(text[end]) && !read[end]);
      const bool numbered = word == "update" && end + 1 < text.size() && digit(text[end + 1]);
      if (at > first && !of_model && !numbered &&
          std::ranges::find(kPlainWords, word) == kPlainWords.end())
        return false;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const auto known = std::ranges::find_if(
          kPlainJapanese, [&](std::string_view word) { return text.substr(at).starts_with(word); });
      if (known == kPlainJapanese.end()) return false;
      end = at + known->size();
    } else {
      // "DS920+"
      const bool of_model = c == '+' && at < first && at > 0 && digit(text[at - 1]);
      if (!of_model && !kPlainSigns.contains(c)) return false;
      end = at + 1;
    }
    at = end;
  }
  return true;
}

/// The length of a day at the beginning ("2023-10-16", "2023.1.5"); 0 where there is none.
std::size_t day_at(std::string_view text) {
  const auto digits = [&](std::size_t at, std::size_t most) {
    std::size_t count = 0;
    while (count < most && at + count < text.size() && digit(text[at + count])) ++count;
    return count;
  };
  const auto joined = [&](std::size_t at) {
    return at < text.size() && std::string_view("-./").contains(text[at]);
  };
  if (digits(0, 4) != 4 || (text[0] != '1' && text[0] != '2') || !joined(4)) return 0;
  const std::size_t month = digits(5, 2);
  if (month == 0 || !joined(5 + month)) return 0;
  const std::size_t day = digits(6 + month, 3);
  const std::size_t end = 6 + month + day;
  return day == 1 || day == 2 ? (end < text.size() && text[end] == '.' ? 0 : end) : 0;
}

}  // namespace

std::string plain_width(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    char next = text[i];
    if (byte(i) == 0xef && (byte(i + 1) == 0xbc || byte(i + 1) == 0xbd)) {  // U+FF00 to U+FF7F
      const unsigned code = (byte(i + 1) - 0xbcU) * 64 + (byte(i + 2) & 63U);
      if (code >= 1 && code <= 0x5e) {
        next = static_cast<char>(code + ' ');
        i += 2;
      }
    } else if (text.substr(i, 3) == "\u3000" || text.substr(i, 3) == "\u301c") {
      next = text.substr(i, 3) == "\u3000" ? ' ' : '~';
      i += 2;
    } else if (byte(i) == 0xe2 && byte(i + 1) == 0x80 && byte(i + 2) >= 0x90 &&
               byte(i + 2) <= 0x95) {  // U+2010 to U+2015
      next = '-';
      i += 2;
    } else if (text.substr(i, 2) == "\u00a0") {
      next = ' ';
      i += 1;
    } else if (next == '\n' || next == '\t' || next == '\r') {
      next = ' ';
    }
    if (next != ' ' || (!out.empty() && out.back() != ' ')) out += next;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

bool Version::push(std::uint64_t part) {
  if (size_ == kMostParts) return false;
  parts_.at(size_++) = part;
  return true;
}

std::partial_ordering Version::operator<=>(const Version& other) const {
  if (scheme_ != other.scheme_) return std::partial_ordering::unordered;
  const std::uint64_t none = scheme_ == 0 ? kLacking : 0;
  const auto at = [none](const Version& one, std::size_t place) {
    return place < one.size_ ? one.parts_.at(place) : one.last_ ? kLast : none;
  };
  const std::size_t size = std::max(size_, other.size_);
  for (std::size_t i = 0; i <= size; ++i) {
    const std::uint64_t a = at(*this, i);
    const std::uint64_t b = at(other, i);
    if (a == b) continue;
    if (scheme_ != 0 || a == kLast || b == kLast) return a <=> b;
    const Kind left = kind_of(a);
    const Kind right = kind_of(b);
    const bool words = left == update || left == letters;
    const bool both = right == update || right == letters;
    if (left == unknown || right == unknown || (words && both && (left != right || left == update)))
      return std::partial_ordering::unordered;
    return a <=> b;
  }
  return std::partial_ordering::equivalent;
}

bool Version::within(const Version& line) const {
  return line.line_ && scheme_ == line.scheme_ && size_ >= line.size_ &&
         std::equal(line.parts_.begin(), line.parts_.begin() + line.size_, parts_.begin());
}

bool Version::build_of(const Version& release) const {
  constexpr std::size_t kLeast = 4;
  return scheme_ == 0 && release.scheme_ == 0 && size_ >= kLeast && release.size_ > 1 &&
         size_ > release.size_ && kind_of(parts_.at(release.size_)) == number &&
         std::equal(release.parts_.begin(), release.parts_.begin() + release.size_, parts_.begin());
}

bool Version::update_of(const Version& release) const {
  return scheme_ == 0 && release.scheme_ == 0 && size_ > release.size_ &&
         (kind_of(parts_.at(release.size_)) == update ||
          kind_of(parts_.at(release.size_)) == unknown) &&
         std::equal(release.parts_.begin(), release.parts_.begin() + release.size_, parts_.begin());
}

std::optional<Version> Scheme::makers_version(std::string_view text) {
  if (text.size() > 1 && text[0] == 'v' && digit(text[1])) text.remove_prefix(1);
  if (text.empty() || !digit(text[0])) return std::nullopt;
  Version version;
  bool build = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t begin = at;
    if (digit(c)) {
      while (at < text.size() && digit(text[at])) ++at;
      const auto value = number_of(text.substr(begin, at - begin));
      if (!value || !version.push(*value == 0 ? kLacking : part(number, *value)))
        return std::nullopt;
    } else if (letter(c)) {
      while (at < text.size() && letter(text[at])) ++at;
      const std::uint64_t word = word_part(text.substr(begin, at - begin), digit(text[begin - 1]),
                                           at < text.size() && digit(text[at]));
      if (word != kLacking && !version.push(word)) return std::nullopt;
    } else if (std::string_view("._-() ").contains(c)) {
      ++at;
    } else if (c == '+' && !build) {
      // What stands behind it says nothing of the order (semver), or something of its maker's own.
      build = true;
      if (!version.push(part(unknown, hashed(text.substr(at)) & kMostValue))) return std::nullopt;
      at = text.size();
    } else {
      return std::nullopt;
    }
  }
  return version;
}

std::optional<Scheme::Form> Scheme::form_of(std::string_view text, bool line) {
  if (text.empty() || text.size() > kLongestForm) return std::nullopt;
  Form form{lower(text), std::vector<std::uint8_t>(text.size()), line};
  std::vector<std::size_t> open;
  std::size_t parts = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') open.push_back(i);
    if (kCounting.contains(text[i])) ++parts;
    if (text[i] != ']') continue;
    if (open.empty()) return std::nullopt;
    form.closing.at(open.back()) = static_cast<std::uint8_t>(i);
    open.pop_back();
  }
  if (!open.empty() || parts == 0 || parts > Version::kMostParts) return std::nullopt;
  return form;
}

std::optional<Scheme> Scheme::make(const VersionWriting& writing) {
  Scheme scheme;
  std::string all;
  for (const bool line : {false, true})
    for (const std::string& text : line ? writing.lines : writing.forms) {
      auto form = form_of(text, line);
      if (!form) return std::nullopt;
      all += form->text + (line ? "\n+" : "\n");
      scheme.forms_.push_back(std::move(*form));
    }
  if (writing.forms.empty()) return std::nullopt;
  for (const std::string& word : writing.aside) scheme.aside_.push_back(lower(word));
  scheme.id_ = static_cast<std::uint32_t>(hashed(all)) | 1U;
  return scheme;
}

const Scheme& Scheme::makers() {
  static const Scheme common;
  return common;
}

/// A form tried at one place of a text in lower case.
struct Scheme::Try {
  const Form& form;
  std::string_view text;
  bool whole = false;  // up to the end
  std::array<std::uint64_t, Version::kMostParts> parts{};
  std::size_t size = 0;
  std::string plain;
  std::size_t end = 0;

  /// From the form's place `f` and the text's place `t` on.
  bool match(std::size_t f, std::size_t t, std::size_t slot) {
    if (f == form.text.size()) {
      end = t;
      return !whole || t == text.size();
    }
    const char c = form.text[f];
    if (c == '[') {
      const Try before = *this;
      if (match(f + 1, t, slot)) return true;
      parts = before.parts;
      size = before.size;
      plain = before.plain;
      const std::size_t close = form.closing[f];
      for (std::size_t i = f; i < close; ++i)
        if (kCounting.contains(form.text[i])) ++slot;
      return match(close + 1, t, slot);
    }
    if (c == ']') return match(f + 1, t, slot);
    if (c == '_') {
      set(slot, 0);
      return match(f + 1, t, slot + 1);
    }
    if (c == ' ') {
      std::size_t next = t;
      while (next < text.size() && separator(text[next])) ++next;
      if (next > t) plain += text[t] == ':' || next - t > 1 ? ' ' : text[t];
      return match(f + 1, next, slot);
    }
    if (std::string_view("#+^~%@&").contains(c)) return run(c, f, t, slot);
    if (t == text.size() || text[t] != c) return false;
    if (c != ')' || plain.contains('(')) plain += c;
    return match(f + 1, t + 1, slot);
  }

 private:
  void set(std::size_t slot, std::uint64_t value) {
    parts.at(slot) = value;
    size = std::max(size, slot + 1);
  }
  /// A run of digits or letters, whole.
  bool run(char c, std::size_t f, std::size_t t, std::size_t slot) {
    const bool digits = c != '@' && c != '&';
    std::size_t next = t;
    while (next < text.size() && (digits ? digit(text[next]) : letter(text[next]))) ++next;
    const std::string_view found = text.substr(t, next - t);
    if (found.empty() || (c == '+' && found.size() > 3) || (c == '^' && found.size() > 2) ||
        (c == '%' && found.size() < 4))
      return false;
    if (c == '~' || c == '%' || c == '&') {
      while (!plain.empty() && std::string_view(".-_( ").contains(plain.back())) plain.pop_back();
      return match(f + 1, next, slot);
    }
    const auto value = digits ? number_of(found) : packed(found);
    if (!value) return false;
    set(slot, *value);
    plain += digits ? std::to_string(*value) : std::string(found);
    return match(f + 1, next, slot + 1);
  }
};

std::optional<Version> Scheme::whole(std::string_view text) const {
  for (const Form& form : forms_) {
    Try one{form, text, true, {}, 0, {}, 0};
    if (!one.match(0, 0, 0)) continue;
    Version version;
    version.parts_ = one.parts;
    version.size_ = static_cast<std::uint8_t>(one.size);
    version.scheme_ = id_;
    version.line_ = form.line;
    return version;
  }
  return std::nullopt;
}

std::optional<Version> Scheme::exact(std::string_view text) const {
  if (text.size() > kLongestText) return std::nullopt;
  // Most of what feeds hold is numbers.
  const auto small = [](char c) { return c < 'A' || c > 'Z'; };
  if (id_ == 0 && std::ranges::all_of(text, small)) return makers_version(text);
  const std::string low = lower(text);
  if (id_ == 0) return makers_version(low);
  std::string_view rest = low;
  if (auto found = whole(rest)) return found;
  if (rest.size() < 2 || rest[0] != 'v' || !digit(rest[1])) return std::nullopt;
  return whole(rest.substr(1));
}

namespace {

/// Whether a version may begin at `at`.
bool may_begin(std::string_view text, std::size_t at) {
  if (at == 0) return true;
  const char c = text[at - 1];
  if (digit(c)) return false;
  if (c == '-' || c == '_') return at < 2 || !digit(text[at - 2]);
  if (c == '.') return at >= 2 && letter(text[at - 2]);
  if (!letter(c)) return true;
  // "v7.2.6", "NS13.1", "FortiOS7.2": letters alone.
  std::size_t begin = at;
  while (begin > 0 && letter(text[begin - 1])) --begin;
  return begin == 0 || !digit(text[begin - 1]);
}

std::size_t word_at(std::string_view text, std::size_t at, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (text.substr(at).starts_with(word) &&
        (at + word.size() == text.size() || !letter(text[at + word.size()])))
      return word.size();
  return 0;
}

/// Whether a version may end before `at`.
bool may_end(std::string_view text, std::size_t at, const std::vector<std::string>& aside) {
  if (at == text.size()) return true;
  const char c = text[at];
  const auto joined = [&](std::size_t place) {
    return place < text.size() && (letter(text[place]) || digit(text[place]));
  };
  if (letter(c)) return word_at(text, at, aside) > 0;
  if (c == '(') return at + 1 < text.size() && !digit(text[at + 1]);
  if (c == '*') return false;
  if (std::string_view(".-_+~").contains(c))
    return !joined(at + 1) ? !text.substr(at + 1).starts_with('*')
                           : word_at(text, at + 1, aside) > 0;
  return !digit(c);
}

/// Behind ".x", ".xx" or ".*" at `at`; `at` itself where there is none.
std::size_t behind_any(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (text[end] == 'x' || text[end] == '*')) ++end;
  return at < text.size() && text[at] == '.' && end > at + 1 ? end : at;
}

}  // namespace

bool doubted(std::string_view given) {
  constexpr std::string_view kSigns = "~<>^!?+%$\\";
  const std::string text = lower(plain_width(given));
  if (doubtful(text)) return true;
  for (std::size_t at = 0; at < text.size();) {
    const bool ascii = static_cast<unsigned char>(text[at]) < 0x80;
    const std::size_t size = ascii ? 1 : plain_japanese(text, at);
    if (size == 0 || kSigns.contains(text[at])) return true;
    at += size;
  }
  return false;
}

std::optional<VersionReading> Scheme::read(std::string_view given, Beside beside) const {
  if (given.size() > kLongestText) return std::nullopt;
  const std::string shown = plain_width(given);
  const std::string text = lower(shown);
  if (doubtful(text)) return std::nullopt;
  std::optional<VersionReading> found;
  if (id_ == 0) {
    std::string_view rest = trim(std::string_view(text));
    for (const std::string_view word : {"version", "ver.", "ver"})
      if (rest.starts_with(word)) rest = trim(rest.substr(word.size()));
    const bool line = behind_any(rest, rest.rfind('.')) == rest.size() && rest.contains('.');
    const auto version = makers_version(line ? rest.substr(0, rest.rfind('.')) : rest);
    if (!version) return std::nullopt;
    found = VersionReading{*version, *version, line, std::string(rest), std::string(rest)};
    found->most.last_ = line;
    return found;
  }
  std::vector<bool> understood(text.size());
  const auto understand = [&](std::size_t from, std::size_t to) {
    std::fill(understood.begin() + static_cast<std::ptrdiff_t>(from),
              understood.begin() + static_cast<std::ptrdiff_t>(to), true);
  };
  std::size_t first = text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t skipped = at == 0 || !letter(text[at - 1]) ? word_at(text, at, aside_) : 0;
    if (skipped > 0) {
      const std::size_t from = at;
      at += skipped;
      while (at < text.size() && separator(text[at])) ++at;
      while (at < text.size() && (digit(text[at]) || letter(text[at]) || text[at] == '.')) ++at;
      understand(from, at);
      continue;
    }
    if (!may_begin(text, at)) {
      ++at;
      continue;
    }
    if (const std::size_t day = day_at(std::string_view(text).substr(at)); day > 0) {
      understand(at, at + day);
      at += day;
      continue;
    }
    std::size_t end = at;
    std::optional<VersionReading> here;
    for (const Form& form : forms_) {
      Try one{form, std::string_view(text).substr(at), false, {}, 0, {}, 0};
      if (!one.match(0, 0, 0)) continue;
      const std::size_t close = at + one.end;
      const std::size_t behind = form.line ? behind_any(text, close) : close;
      if (close <= end || !may_end(text, behind, aside_)) continue;
      if (here && form.line) continue;
      Version version;
      version.parts_ = one.parts;
      version.size_ = static_cast<std::uint8_t>(one.size);
      version.scheme_ = id_;
      end = behind;
      here = VersionReading{version, version, form.line, shown.substr(at, behind - at), one.plain};
      here->most.last_ = form.line;
    }
    if (!here) {
      ++at;
      continue;
    }
    understand(at, end);
    first = std::min(first, at);
    at = end;
    if (!found || (!found->exact() && here->least >= found->least && here->most <= found->most))
      found = std::move(here);
    else if (!(here->least <= found->least && here->most >= found->most))
      return std::nullopt;
  }
  if (found && beside == Beside::known && !left_as_read(text, understood, first))
    return std::nullopt;
  return found;
}

}  // namespace sekisho
