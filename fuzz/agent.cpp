// SPDX-License-Identifier: Apache-2.0
// What agents send, and what the server sends them: every form of the protocol, and decompression.
#include "collect/agent/agent.h"
#include "base/gzip.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  // What is read is written the same way again.
  if (const auto report = read_report(text))
    require(read_report(write_report(*report))->records == report->records);
  if (const Basis basis = kept_basis(text); !basis.empty())
    require(kept_basis(write_basis(basis)) == basis);
  if (const auto delivery = read_delivery(text))
    for (const SignedReport& one : delivery->reports) (void)read_report(one.body);
  if (const auto receipt = read_receipt(text))
    require(read_receipt(write_receipt(*receipt))->turn == receipt->turn);
  if (const auto told = read_told(text))
    if (const auto again = read_told(write_told(*told)); again && !told->closed.empty())
      require(again->closed == told->closed);
  if (const auto list = read_software_list(text))
    require(read_software_list(write_software_list(*list))->sbom == list->sbom);
  if (const auto sent = read_signed(text))
    require(read_signed(write_signed(*sent))->body == sent->body);
  (void)read_enrolment(text);
  (void)read_enrolled(text);
  (void)read_renewal(text);
  if (const auto content = read_content(text)) (void)read_content_files(content->body);
  if (const auto link = read_link(text)) require(write_link(*link) == text);
  constexpr std::size_t kMost = 100'000;
  if (const auto plain = gunzip(text, kMost)) require(plain->size() <= kMost);
  (void)read_certificate(std::string(text));
  (void)signature_holds(text.substr(0, size / 2), "message", text.substr(size / 2));
  return 0;
}
