// SPDX-License-Identifier: Apache-2.0
// The module as programs call it, in front of a service that works, and of sockets that don't.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include "key/key_fixtures.h"
#include "key/service.h"

namespace sekisho {
namespace {

const CK_FUNCTION_LIST& module_calls() {
  static const CK_FUNCTION_LIST* list = [] {
    CK_FUNCTION_LIST* found = nullptr;
    EXPECT_EQ(C_GetFunctionList(&found), CKR_OK);
    return found;
  }();
  return *list;
}

/// The module between C_Initialize and C_Finalize, asking at a socket.
class KeyModule : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("SEKISHO_KEY_SOCKET", (folder.path / "key.sock").c_str(),
             1);  // NOLINT(concurrency-mt-unsafe)
    ASSERT_EQ(module_calls().C_Initialize(nullptr), CKR_OK);
  }
  void TearDown() override {
    module_calls().C_Finalize(nullptr);
    ending = true;
    if (running.joinable()) running.join();
  }

  void serve() {
    auto service = KeyService::open(
        folder.path,
        {Askers({}, folder.path / "seats"),
         [this](const std::string&) -> Result<std::optional<AccessKey>> { return access; }});
    ASSERT_TRUE(service) << service.error().describe(Lang::en);
    running = std::thread([this, one = std::make_shared<KeyService>(std::move(*service))] {
      one->run(ending, [](const KeyUse&) {});
    });
  }

  KeyFolder folder;
  AccessKey access =
      new_access_key(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  std::atomic<bool> ending = false;
  std::thread running;
};

CK_SESSION_HANDLE new_session() {
  CK_SESSION_HANDLE session = 0;
  EXPECT_EQ(module_calls().C_OpenSession(1, CKF_SERIAL_SESSION, nullptr, nullptr, &session),
            CKR_OK);
  return session;
}

CK_RV sign_with(CK_SESSION_HANDLE session, std::string digest, std::string& signature) {
  CK_MECHANISM ecdsa{CKM_ECDSA, nullptr, 0};
  if (const CK_RV begun = module_calls().C_SignInit(session, &ecdsa, 2); begun != CKR_OK)
    return begun;
  signature.assign(64, '\0');
  CK_ULONG size = signature.size();
  const CK_RV made =
      module_calls().C_Sign(session, reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                            reinterpret_cast<unsigned char*>(signature.data()), &size);
  EXPECT_TRUE(made != CKR_OK || size == 64);
  return made;
}

std::string attribute_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                         CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE one{type, nullptr, 0};
  if (module_calls().C_GetAttributeValue(session, object, &one, 1) != CKR_OK) return "none";
  std::string value(one.ulValueLen, '\0');
  one.pValue = value.data();
  EXPECT_EQ(module_calls().C_GetAttributeValue(session, object, &one, 1), CKR_OK);
  return value;
}

TEST_F(KeyModule, ShowsACertificateAndSignsWithItsKey) {
  serve();
  CK_ULONG count = 1;
  CK_SLOT_ID slot = 0;
  ASSERT_EQ(module_calls().C_GetSlotList(CK_TRUE, &slot, &count), CKR_OK);
  ASSERT_EQ(count, 1U);
  const CK_SESSION_HANDLE session = new_session();
  const auto parts = parts_of(access.certificate);
  EXPECT_EQ(attribute_of(session, 1, CKA_VALUE), parts->whole);
  EXPECT_EQ(attribute_of(session, 1, CKA_SUBJECT), parts->subject);
  EXPECT_EQ(attribute_of(session, 1, CKA_ISSUER), parts->issuer);
  EXPECT_EQ(attribute_of(session, 1, CKA_SERIAL_NUMBER), parts->serial);
  EXPECT_EQ(attribute_of(session, 1, CKA_ID), attribute_of(session, 2, CKA_ID));
  EXPECT_EQ(attribute_of(session, 3, CKA_EC_POINT), "\x04\x41" + parts->point);
  for (const CK_OBJECT_HANDLE object : {1U, 2U, 3U})
    EXPECT_EQ(attribute_of(session, object, CKA_PRIVATE), std::string(1, '\0'));
  const std::string digest(32, 'd');
  std::string signature;
  ASSERT_EQ(sign_with(session, digest, signature), CKR_OK);
  EXPECT_TRUE(digest_signature_holds(access.certificate.public_key, digest, signature));
  // A longer one is signed by its first 32 bytes, a shorter one isn't.
  ASSERT_EQ(sign_with(session, digest + std::string(16, 'e'), signature), CKR_OK);
  EXPECT_TRUE(digest_signature_holds(access.certificate.public_key, digest, signature));
  EXPECT_EQ(sign_with(session, std::string(20, 'd'), signature), CKR_DATA_LEN_RANGE);
}

TEST_F(KeyModule, ThePrivateKeyIsReadByNobody) {
  serve();
  const CK_SESSION_HANDLE session = new_session();
  std::array<unsigned char, 64> room{};
  CK_ATTRIBUTE value{CKA_VALUE, room.data(), room.size()};
  EXPECT_EQ(module_calls().C_GetAttributeValue(session, 2, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
  EXPECT_EQ(value.ulValueLen, ~0UL);
  EXPECT_EQ(room, (std::array<unsigned char, 64>{}));
  EXPECT_EQ(attribute_of(session, 2, CKA_EXTRACTABLE), std::string(1, '\0'));
  EXPECT_EQ(attribute_of(session, 2, CKA_EC_POINT), "none");
}

TEST_F(KeyModule, FindsByWhatIsAskedFor) {
  serve();
  const CK_SESSION_HANDLE session = new_session();
  const auto found = [&](std::vector<CK_ATTRIBUTE> wanted) {
    std::array<CK_OBJECT_HANDLE, 8> list{};
    CK_ULONG count = 0;
    EXPECT_EQ(module_calls().C_FindObjectsInit(session, wanted.data(), wanted.size()), CKR_OK);
    EXPECT_EQ(module_calls().C_FindObjectsInit(session, nullptr, 0), CKR_OPERATION_ACTIVE);
    EXPECT_EQ(module_calls().C_FindObjects(session, list.data(), 1, &count), CKR_OK);
    CK_ULONG more = 0;
    EXPECT_EQ(module_calls().C_FindObjects(session, list.data() + count, 7, &more), CKR_OK);
    EXPECT_EQ(module_calls().C_FindObjectsFinal(session), CKR_OK);
    return std::vector<CK_OBJECT_HANDLE>(list.begin(),
                                         list.begin() + static_cast<long>(count + more));
  };
  CK_ULONG certificate = CKO_CERTIFICATE;
  CK_ULONG private_key = CKO_PRIVATE_KEY;
  CK_ULONG secret = CKO_SECRET_KEY;
  CK_BBOOL yes = CK_TRUE;
  EXPECT_EQ(found({}), (std::vector<CK_OBJECT_HANDLE>{1, 2, 3}));
  EXPECT_EQ(found({{CKA_CLASS, &certificate, sizeof certificate}}),
            std::vector<CK_OBJECT_HANDLE>{1});
  EXPECT_EQ(found({{CKA_CLASS, &private_key, sizeof private_key}, {CKA_SIGN, &yes, 1}}),
            std::vector<CK_OBJECT_HANDLE>{2});
  EXPECT_TRUE(found({{CKA_CLASS, &secret, sizeof secret}}).empty());
  EXPECT_TRUE(found({{CKA_CLASS, &certificate, 1}}).empty());
  EXPECT_TRUE(found({{CKA_VALUE, nullptr, 4}}).empty());
}

TEST_F(KeyModule, EachCallInTheWrongPlaceHasItsAnswer) {
  serve();
  const CK_FUNCTION_LIST& c = module_calls();
  EXPECT_EQ(c.C_Initialize(nullptr), CKR_CRYPTOKI_ALREADY_INITIALIZED);
  const CK_SESSION_HANDLE session = new_session();
  CK_MECHANISM ecdsa{CKM_ECDSA, nullptr, 0};
  CK_MECHANISM rsa{CKM_RSA_PKCS, nullptr, 0};
  std::array<unsigned char, 64> out{};
  CK_ULONG size = out.size();
  EXPECT_EQ(c.C_Sign(session, out.data(), 32, out.data(), &size), CKR_OPERATION_NOT_INITIALIZED);
  EXPECT_EQ(c.C_SignInit(session, &rsa, 2), CKR_MECHANISM_INVALID);
  EXPECT_EQ(c.C_SignInit(session, &ecdsa, 1), CKR_KEY_TYPE_INCONSISTENT);
  EXPECT_EQ(c.C_SignInit(session, &ecdsa, 9), CKR_KEY_HANDLE_INVALID);
  EXPECT_EQ(c.C_SignInit(session, nullptr, 2), CKR_ARGUMENTS_BAD);
  EXPECT_EQ(c.C_SignInit(session, &ecdsa, 2), CKR_OK);
  EXPECT_EQ(c.C_SignInit(session, &ecdsa, 2), CKR_OPERATION_ACTIVE);
  // Asking for the size, and with too little room, leaves it to be done.
  EXPECT_EQ(c.C_Sign(session, out.data(), 32, nullptr, &size), CKR_OK);
  EXPECT_EQ(size, 64U);
  size = 63;
  EXPECT_EQ(c.C_Sign(session, out.data(), 32, out.data(), &size), CKR_BUFFER_TOO_SMALL);
  EXPECT_EQ(size, 64U);
  EXPECT_EQ(c.C_Sign(session, out.data(), 32, out.data(), &size), CKR_OK);
  EXPECT_EQ(c.C_OpenSession(1, 0, nullptr, nullptr, nullptr), CKR_ARGUMENTS_BAD);
  CK_SESSION_HANDLE other = 0;
  EXPECT_EQ(c.C_OpenSession(1, 0, nullptr, nullptr, &other), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
  EXPECT_EQ(c.C_OpenSession(2, CKF_SERIAL_SESSION, nullptr, nullptr, &other), CKR_SLOT_ID_INVALID);
  for (const CK_SESSION_HANDLE wrong : {0UL, 1025UL, ~0UL, session + 1})
    EXPECT_EQ(c.C_CloseSession(wrong), CKR_SESSION_HANDLE_INVALID) << wrong;
  EXPECT_EQ(c.C_Login(session, CKU_USER, nullptr, 0), CKR_USER_PIN_NOT_INITIALIZED);
  EXPECT_EQ(c.C_InitToken(1, nullptr, 0, nullptr), CKR_FUNCTION_NOT_SUPPORTED);
  EXPECT_EQ(c.C_CloseAllSessions(1), CKR_OK);
  EXPECT_EQ(c.C_CloseSession(session), CKR_SESSION_HANDLE_INVALID);
  EXPECT_EQ(c.C_Finalize(&size), CKR_ARGUMENTS_BAD);
  EXPECT_EQ(c.C_Finalize(nullptr), CKR_OK);
  EXPECT_EQ(c.C_Finalize(nullptr), CKR_CRYPTOKI_NOT_INITIALIZED);
  CK_ULONG count = 0;
  EXPECT_EQ(c.C_GetSlotList(CK_TRUE, nullptr, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
  EXPECT_EQ(c.C_GetSessionInfo(session, nullptr), CKR_CRYPTOKI_NOT_INITIALIZED);
}

TEST_F(KeyModule, SessionsRunOutAndComeBack) {
  serve();
  std::vector<CK_SESSION_HANDLE> all;
  for (int i = 0; i < 1024; ++i) all.push_back(new_session());
  CK_SESSION_HANDLE more = 0;
  EXPECT_EQ(module_calls().C_OpenSession(1, CKF_SERIAL_SESSION, nullptr, nullptr, &more),
            CKR_SESSION_COUNT);
  EXPECT_EQ(module_calls().C_CloseSession(all[500]), CKR_OK);
  EXPECT_EQ(module_calls().C_OpenSession(1, CKF_SERIAL_SESSION, nullptr, nullptr, &more), CKR_OK);
}

TEST_F(KeyModule, ManyThreadsSignAtOnce) {
  serve();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this, i] {
      for (int turn = 0; turn < 10; ++turn) {
        const CK_SESSION_HANDLE session = new_session();
        const std::string digest(32, static_cast<char>(i * 10 + turn));
        std::string signature;
        EXPECT_EQ(sign_with(session, digest, signature), CKR_OK);
        EXPECT_TRUE(digest_signature_holds(access.certificate.public_key, digest, signature));
        EXPECT_EQ(module_calls().C_CloseSession(session), CKR_OK);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(KeyModule, AChildBeginsAnew) {
  serve();
  const CK_SESSION_HANDLE session = new_session();
  const pid_t child = ::fork();
  if (child == 0) {
    CK_ULONG count = 0;
    std::string signature;
    const bool good =
        module_calls().C_GetSlotList(CK_TRUE, nullptr, &count) == CKR_CRYPTOKI_NOT_INITIALIZED &&
        sign_with(session, std::string(32, 'd'), signature) == CKR_CRYPTOKI_NOT_INITIALIZED &&
        module_calls().C_Initialize(nullptr) == CKR_OK &&
        sign_with(new_session(), std::string(32, 'd'), signature) == CKR_OK;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  std::string signature;
  EXPECT_EQ(sign_with(session, std::string(32, 'd'), signature), CKR_OK) << "the parent goes on";
}

TEST_F(KeyModule, WithoutAnAgentThereIsASlotAndNoToken) {
  CK_ULONG count = 9;
  EXPECT_EQ(module_calls().C_GetSlotList(CK_FALSE, nullptr, &count), CKR_OK);
  EXPECT_EQ(count, 1U);
  EXPECT_EQ(module_calls().C_GetSlotList(CK_TRUE, nullptr, &count), CKR_OK);
  EXPECT_EQ(count, 0U);
  CK_SLOT_INFO slot{};
  EXPECT_EQ(module_calls().C_GetSlotInfo(1, &slot), CKR_OK);
  EXPECT_EQ(slot.flags, static_cast<CK_FLAGS>(CKF_REMOVABLE_DEVICE));
  CK_TOKEN_INFO token{};
  EXPECT_EQ(module_calls().C_GetTokenInfo(1, &token), CKR_TOKEN_NOT_PRESENT);
  CK_SESSION_HANDLE session = 0;
  EXPECT_EQ(module_calls().C_OpenSession(1, CKF_SERIAL_SESSION, nullptr, nullptr, &session),
            CKR_TOKEN_NOT_PRESENT);
}

/// What answers each connection with the same bytes, and then is silent or gone.
class Liar {
 public:
  Liar(const std::filesystem::path& path, std::string says, bool stays)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    thread_ = std::thread([this, says = std::move(says), stays] {
      std::vector<int> kept;
      for (int one = 0; (one = ::accept(socket_, nullptr, nullptr)) >= 0;) {
        (void)::send(one, says.data(), says.size(), MSG_NOSIGNAL);
        if (stays)
          kept.push_back(one);
        else
          ::close(one);
      }
      for (const int one : kept) ::close(one);
    });
  }
  ~Liar() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  Liar(const Liar&) = delete;
  Liar& operator=(const Liar&) = delete;
  Liar(Liar&&) = delete;
  Liar& operator=(Liar&&) = delete;

 private:
  int socket_;
  std::thread thread_;
};

TEST_F(KeyModule, ASocketThatLiesOrDiesIsNoToken) {
  const std::string identity = write_identity(*parts_of(access.certificate));
  std::string zero = identity;
  zero[4] = zero[3] = zero[2] = zero[1] = 0;
  std::vector<std::string> lies{"",
                                "x",
                                std::string(4, '\0'),
                                "\xff\xff\xff\xff",
                                "HTTP/1.1 200 OK\r\n\r\n",
                                framed("\1"),
                                framed(std::string(8192, '\0')),
                                framed(identity + "x"),
                                framed(identity.substr(0, identity.size() - 1)),
                                framed(zero)};
  for (std::size_t size = 0; size < identity.size(); size += 37)
    lies.push_back(framed(identity).substr(0, size + 5));
  for (const std::string& lie : lies) {
    module_calls().C_Finalize(nullptr);
    ASSERT_EQ(module_calls().C_Initialize(nullptr), CKR_OK);
    const Liar liar(folder.path / "key.sock", lie, false);
    CK_ULONG count = 9;
    EXPECT_EQ(module_calls().C_GetSlotList(CK_TRUE, nullptr, &count), CKR_OK);
    EXPECT_EQ(count, 0U) << lie.size();
  }
  // It doesn't answer at all, or stops in the middle: within a second that is given up.
  for (const std::string& half : {std::string(), framed(identity).substr(0, 100)}) {
    module_calls().C_Finalize(nullptr);
    ASSERT_EQ(module_calls().C_Initialize(nullptr), CKR_OK);
    const Liar liar(folder.path / "key.sock", half, true);
    CK_ULONG count = 9;
    EXPECT_EQ(module_calls().C_GetSlotList(CK_TRUE, nullptr, &count), CKR_OK);
    EXPECT_EQ(count, 0U);
  }
}

TEST_F(KeyModule, ASignatureThatDoesNotComeIsAnError) {
  serve();
  const CK_SESSION_HANDLE session = new_session();
  ending = true;
  running.join();
  std::string signature;
  EXPECT_EQ(sign_with(session, std::string(32, 'd'), signature), CKR_DEVICE_REMOVED);
  for (const auto& [lie, answer] : {std::pair(framed("\3"), CKR_FUNCTION_REJECTED),
                                    std::pair(framed(std::string(64, '\0')), CKR_FUNCTION_REJECTED),
                                    std::pair(framed(std::string(66, '\0')), CKR_DEVICE_REMOVED),
                                    std::pair(std::string("\0\0", 2), CKR_DEVICE_REMOVED)}) {
    const Liar liar(folder.path / "key.sock", lie, false);
    EXPECT_EQ(sign_with(session, std::string(32, 'd'), signature), static_cast<CK_RV>(answer));
    EXPECT_EQ(signature, std::string(64, '\0'));
  }
}

TEST_F(KeyModule, TheServiceOutlivesWhoDoesNotKeepToIt) {
  serve();
  std::vector<int> open;
  for (int i = 0; i < 200; ++i) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder.path / (i % 2 == 0 ? "key.sock" : "ssh.sock")).c_str(),
                 sizeof address.sun_path - 1);
    const int one = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const std::string garbage = i % 3 == 0   ? "\xff\xff\xff\xff"
                                : i % 3 == 1 ? std::string("\0\0\1", 3)
                                             : framed(std::string(300, 'g'));
    (void)::send(one, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    open.push_back(one);
  }
  const CK_SESSION_HANDLE session = new_session();
  std::string signature;
  EXPECT_EQ(sign_with(session, std::string(32, 'd'), signature), CKR_OK);
  for (const int one : open) ::close(one);
  EXPECT_EQ(sign_with(session, std::string(32, 'd'), signature), CKR_OK);
}

TEST_F(KeyModule, ASecondServiceDoesNotTakeTheSocketsAway) {
  serve();
  EXPECT_FALSE(KeyService::open(
      folder.path, {Askers({}), [this](const std::string&) -> Result<std::optional<AccessKey>> {
                      return access;
                    }}));
  std::string signature;
  EXPECT_EQ(sign_with(new_session(), std::string(32, 'd'), signature), CKR_OK);
}

}  // namespace
}  // namespace sekisho
