// SPDX-License-Identifier: Apache-2.0
#include "report/marks.h"

#include <fmt/format.h>

namespace sekisho {

Text source_mark(const Provenance& from) {
  const bool inferred = from.confidence == Confidence::inferred;
  switch (from.source) {
    case Source::project: return {"（Sekisho 独自）", " (Sekisho's own)"};
    case Source::guideline:
      return {"（総務省のガイドライン、書き起こしによる）",
              " (the ministry's guideline, as transcribed)"};
    case Source::deck:
      if (!inferred) return {};
      return {"（総務省の説明資料からの推定）", " (inferred from the ministry's deck)"};
    case Source::handbook:
      if (!inferred) return {};
      return {"（総務省の手引きからの推定）", " (inferred from the ministry's handbook)"};
  }
  return {};
}

Text priority_mark(const Requirement& requirement) {
  if (requirement.priority_stated || requirement.priority() == Priority::none) return {};
  const auto mark = symbol(requirement.priority());
  return {fmt::format("（{} は Sekisho の判断）", mark),
          fmt::format(" ({} is Sekisho's judgement)", mark)};
}

Text marks(const Requirement& requirement) {
  Text text = source_mark(requirement.from);
  const Text more = priority_mark(requirement);
  return {text.ja + more.ja, text.en + more.en};
}

}  // namespace sekisho
