// SPDX-License-Identifier: Apache-2.0
#include "server/api/links.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "temp_root.h"

namespace sekisho {
namespace {

ServerOptions with(std::string secret) {
  ServerOptions options;
  options.link_secret = std::move(secret);
  return options;
}

TEST(Links, AreShownAgainByTheServerThatMadeThemAlone) {
  const ServerOptions ours = with(std::string(32, 'a'));
  const NewLink link = new_link(ours, LinkKind::invitation);
  const std::string hash = secret_hash(link.code);
  EXPECT_EQ(shown_again(ours, LinkKind::invitation, link.salt, hash), link.code);
  EXPECT_EQ(shown_again(with(std::string(32, 'b')), LinkKind::invitation, link.salt, hash), "");
  EXPECT_EQ(shown_again(ours, LinkKind::enrolment, link.salt, hash), "");
  EXPECT_EQ(shown_again(ours, LinkKind::invitation, "", hash), "");
  EXPECT_NE(new_link(ours, LinkKind::invitation).code, link.code);
  // What lies in the database gives nothing away.
  EXPECT_EQ(link.code.find(link.salt), std::string::npos);
}

TEST(Links, TheSecretIsMadeOnceAndOnlyItsOwnerReadsIt) {
  const TempRoot folder;
  const std::string file = (folder.path() / "new/links.key").string();
  const auto made = link_secret_in(file);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), 32U);
  EXPECT_EQ(*link_secret_in(file), *made);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  // One that is in pieces is not replaced behind anybody's back.
  std::ofstream(file) << "short";
  EXPECT_FALSE(link_secret_in(file));
}

}  // namespace
}  // namespace sekisho
