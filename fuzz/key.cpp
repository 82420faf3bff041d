// SPDX-License-Identifier: Apache-2.0
// What programs ask of the device's key: frames, the module's questions, SSH's, and what SSH's are
// to sign. What is read as a sign-in is one, by reading it again another way.
#include "key/key.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const std::string own = ssh_key(std::string(key_wire::kPointBytes, '\4'));
  // However the bytes come, the same questions come out.
  Frames whole;
  Frames split;
  whole.add(text);
  split.add(text.substr(0, size / 2));
  std::vector<std::string> questions;
  while (auto one = whole.next()) questions.push_back(std::move(*one));
  std::size_t at = 0;
  for (const std::string_view rest : {std::string_view(), text.substr(size / 2)}) {
    split.add(rest);
    while (const auto one = split.next()) require(at < questions.size() && *one == questions[at++]);
    if (split.broken()) break;
  }
  require(at == questions.size() && whole.broken() == split.broken());
  questions.emplace_back(text);
  for (const std::string& one : questions) {
    require(one.size() <= kMostQuestion || &one == &questions.back());
    if (const auto asked = read_module_question(one))
      require(asked->digest.size() ==
              (asked->what == key_wire::Ask::sign ? key_wire::kDigestBytes : 0));
    const SshQuestion asked = read_ssh_question(one);
    for (const std::string_view what : {std::string_view(asked.data), std::string_view(one)})
      if (is_ssh_sign_in(what, own)) {
        // One byte less or more is none, and its key stands in it.
        require(what.find(own) != std::string_view::npos);
        require(!is_ssh_sign_in(what.substr(1), own));
        require(!is_ssh_sign_in(what.substr(0, what.size() - 1), own));
        require(!is_ssh_sign_in(std::string(what) + '\0', own));
      }
  }
  return 0;
}
