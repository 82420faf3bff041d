// SPDX-License-Identifier: Apache-2.0
#include "server/api/packages.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "temp_root.h"

namespace sekisho {
namespace {

const std::string kSum(64, 'a');

TEST(Packages, ReadsWhatSha256sumWrites) {
  EXPECT_EQ(
      sum_of(kSum + "  sekisho.deb\n" + std::string(64, 'b') + " *sekisho.exe\n", "sekisho.exe"),
      std::string(64, 'b'));
  EXPECT_EQ(sum_of(kSum + "  sekisho.deb\n", "sekisho.deb"), kSum);
  for (const std::string& bad :
       {kSum + "  sekisho.deb.old\n", kSum + " sekisho.deb\n", kSum.substr(1) + "  sekisho.deb\n",
        std::string(64, 'A') + "  sekisho.deb\n", std::string("sekisho.deb\n"), std::string()})
    EXPECT_FALSE(sum_of(bad, "sekisho.deb")) << bad;
}

TEST(Packages, OffersNothingWithoutASumAndNothingThatHasAnother) {
  const TempRoot folder;
  EXPECT_TRUE((*Packages::open(folder.path()))->all().empty());
  std::ofstream(folder.path() / "sekisho.exe") << "program";
  std::ofstream(folder.path() / "sekisho-agent.deb") << "package";
  std::ofstream(folder.path() / "SHA256SUMS") << hex(sha256("program")) << "  sekisho.exe\n"
                                              << hex(sha256("another")) << "  sekisho-agent.deb\n";
  const auto packages = *Packages::open(folder.path());
  ASSERT_EQ(packages->all().size(), 2U);
  const auto ask = [&](const std::string& path, const std::string& method = "GET") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    return packages->reply(request);
  };
  EXPECT_EQ(ask("/downloads/sekisho.exe").fixed, "program");
  EXPECT_EQ(ask("/downloads/sekisho-agent.deb").status, 503U);
  EXPECT_EQ(ask("/downloads/SHA256SUMS").status, 404U);
  EXPECT_EQ(ask("/downloads/").status, 404U);
  EXPECT_EQ(ask("/downloads/sekisho.exe", "POST").status, 405U);
  // Read once: what is swapped later is not given out.
  std::ofstream(folder.path() / "sekisho.exe") << "swapped";
  EXPECT_EQ(ask("/downloads/sekisho.exe").fixed, "program");
}

}  // namespace
}  // namespace sekisho
