// What was recorded of a Windows machine, and a profile of Wi-Fi as Windows writes it.
#include "collect/windows/facts.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto facts = read_windows_facts(text)) {
    const std::string written = write_windows_facts(*facts);
    require(write_windows_facts(*read_windows_facts(written)) == written);
  }
  require(wifi_authentication(text).size() <= 40 + std::string_view("…").size());
  return 0;
}
