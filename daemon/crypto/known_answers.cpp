// Made by tests/crypto/make_known_answers.cpp with OpenSSL: keys whose private parts nobody kept.
#include "crypto/known_answers.h"

namespace assay::crypto {
namespace {

constexpr KnownAnswer kAnswers[] = {
    {Algorithm::rs256, KeyType::rsa,
     "afdc0cb69914904547513274a32c8754fd08a3299a0b105270129a4bf509f68eab7f8ac192e755d42c76a0897e6583fb39b967805b8d24b17e400d4fad74b7c8dcacbc096560b4bd218c5d"
     "3f16b63024b2c6057cd05effbd01871f86cc8895c8fb417cad33de3c1655b153f4a9f79dd3864d1e84fa32b488388f32ec7f08ae6a22c5001bee9e5a3d1f7f964023b276e183a95f73a6da"
     "47c73239de839ff9735c9197281186903000cd1f1280a967beec1e23e354adefed971d839ee02cf068ef4809fee1eac539ac47ac21551c905e80d224f139633339f7bbaa9f35809f3efcec"
     "a9768a9daf99ece1e45c53003bf55095bbfa80d172864b031ac7904b7700a9",
     "010001",
     "The signature of this message by rs256 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "9df305192a161a2ba9bcd8821781243d7d16dbd787e6ad8195f8418cde58c5f08892ad62d32a46bf71f478f88c81997aa977123131117030f450ce3d8d0756c2ea0737eea2b4124749166d"
     "e083bbcef565bb398a50c3afdbe2ed34ae88cb0897f1256865ea1f34e2d1dd953a3288b476c527df5978fe02d94491a8bc022e869ffc829194aa2c3555b451c9a0de3296d128c033157f8a"
     "0be6d623d54615814f896f44ceca242d9a0718fc34ee2ea8f5acddb88bdfa0008c8d7e791ea91fc6bc85eec0d11788091f434680f1b8de5b77eb63f251eed4dd63a77e461e9ba544e31c40"
     "1b07d229921f0deafd1d24fd2098f66f03249cce124ffdb00522b4c72f296b"},
    {Algorithm::rs384, KeyType::rsa,
     "afdc0cb69914904547513274a32c8754fd08a3299a0b105270129a4bf509f68eab7f8ac192e755d42c76a0897e6583fb39b967805b8d24b17e400d4fad74b7c8dcacbc096560b4bd218c5d"
     "3f16b63024b2c6057cd05effbd01871f86cc8895c8fb417cad33de3c1655b153f4a9f79dd3864d1e84fa32b488388f32ec7f08ae6a22c5001bee9e5a3d1f7f964023b276e183a95f73a6da"
     "47c73239de839ff9735c9197281186903000cd1f1280a967beec1e23e354adefed971d839ee02cf068ef4809fee1eac539ac47ac21551c905e80d224f139633339f7bbaa9f35809f3efcec"
     "a9768a9daf99ece1e45c53003bf55095bbfa80d172864b031ac7904b7700a9",
     "010001",
     "The signature of this message by rs384 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "87e2ca78fc141c7a599a7295a4391fcd13bc937f16ebae687fa4949ba64f24cebcdb91500b383e2ed4f2d6f89718045a6247101b4928cd4f65ac92893dc43ef352f7cce68034ba12eb1000"
     "b46e0f4ce69813d8db601e144bee4a9f7397afa5a31ab20ae3776ab874ac5495220d67b92d9ef370abda605829d47c682685084e5bcb2ea06e7c70d9b184590b5a5a27be299bc7073e8c24"
     "d3f0c1587cedbe458fe7157663aec0b51300fb0fff41fdcb603a203a7de5f13bb1de6d5248cc6f92c4069d9178a921fa4c424464449b68b25e823db943662917ac36aac57ca5a42a109c30"
     "68d7c6ac9940d345d6e60ba8fa8b5607e371dd3fc847a5cb72ced33f3fe903"},
    {Algorithm::rs512, KeyType::rsa,
     "afdc0cb69914904547513274a32c8754fd08a3299a0b105270129a4bf509f68eab7f8ac192e755d42c76a0897e6583fb39b967805b8d24b17e400d4fad74b7c8dcacbc096560b4bd218c5d"
     "3f16b63024b2c6057cd05effbd01871f86cc8895c8fb417cad33de3c1655b153f4a9f79dd3864d1e84fa32b488388f32ec7f08ae6a22c5001bee9e5a3d1f7f964023b276e183a95f73a6da"
     "47c73239de839ff9735c9197281186903000cd1f1280a967beec1e23e354adefed971d839ee02cf068ef4809fee1eac539ac47ac21551c905e80d224f139633339f7bbaa9f35809f3efcec"
     "a9768a9daf99ece1e45c53003bf55095bbfa80d172864b031ac7904b7700a9",
     "010001",
     "The signature of this message by rs512 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "65c82619ca6a7e5ed4f32430fa1d02231a78cbafa2334f8a4e2229dff93f5eb14fec32be63dabcf906c55089b64f9e6f6d7a4b52a6be82a609f79af7c73b37b0b8cda6c1bd6d5a55157d3c"
     "b506a1e8ff6b259ed866fe0c77f325ebf528bbe582e2905882412a7479aaec4732d3ae3f9891efefa05d692e2e8ab1031d2873a50c22797a53daf51f428eb222e82ad85ffc94903774c1d5"
     "893a6592a2b5b6d26b97c92bd892c704e39b9ffe6c971a3885ca750bcd2b0ccc4241c73ad1a6951b8a43769852db4ae355069c93f9c62c3d22a190e6d0f544e02454eda5ae19abaebc2b68"
     "00760c526c37166739a70c4dce74c1b66a331bb15535e476b01afdb00f6bbb"},
    {Algorithm::ps256, KeyType::rsa,
     "afdc0cb69914904547513274a32c8754fd08a3299a0b105270129a4bf509f68eab7f8ac192e755d42c76a0897e6583fb39b967805b8d24b17e400d4fad74b7c8dcacbc096560b4bd218c5d"
     "3f16b63024b2c6057cd05effbd01871f86cc8895c8fb417cad33de3c1655b153f4a9f79dd3864d1e84fa32b488388f32ec7f08ae6a22c5001bee9e5a3d1f7f964023b276e183a95f73a6da"
     "47c73239de839ff9735c9197281186903000cd1f1280a967beec1e23e354adefed971d839ee02cf068ef4809fee1eac539ac47ac21551c905e80d224f139633339f7bbaa9f35809f3efcec"
     "a9768a9daf99ece1e45c53003bf55095bbfa80d172864b031ac7904b7700a9",
     "010001",
     "The signature of this message by ps256 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "342e83ac858f608492a641bae8784e1730e16e21f05d1b544454691bfdd47a582dc04dcad2ec3a22dcdf01cffe1f22f686c2a2ebd15e1ccfcd3d78e4163ab1a5cf18602e48b0d015c25d04"
     "9572fb504d6ed05e8d32763e9529883541986a0843c0ee41464fcc84171795d01aa31431d7e9dd55e3f775d026811b7c594a7f76ccafce6f99af24b5e88a18dd59c269f39749d83798eb69"
     "e3fbb9c740c3af26597a8cfb63c49f073d4c30fcd0eb76e6f776cbebe886b199de94c59a54ff7d7b177636b58ab5f036a3fa22765456fc12cd12093b1e4df960243752d304a4f46db0f8b1"
     "064d081210772082412bf27c0c1bad0a81fe6e135c81f0e181a0b5bada0aea"},
    {Algorithm::ps384, KeyType::rsa,
     "afdc0cb69914904547513274a32c8754fd08a3299a0b105270129a4bf509f68eab7f8ac192e755d42c76a0897e6583fb39b967805b8d24b17e400d4fad74b7c8dcacbc096560b4bd218c5d"
     "3f16b63024b2c6057cd05effbd01871f86cc8895c8fb417cad33de3c1655b153f4a9f79dd3864d1e84fa32b488388f32ec7f08ae6a22c5001bee9e5a3d1f7f964023b276e183a95f73a6da"
     "47c73239de839ff9735c9197281186903000cd1f1280a967beec1e23e354adefed971d839ee02cf068ef4809fee1eac539ac47ac21551c905e80d224f139633339f7bbaa9f35809f3efcec"
     "a9768a9daf99ece1e45c53003bf55095bbfa80d172864b031ac7904b7700a9",
     "010001",
     "The signature of this message by ps384 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "5276de66bc735df48129b908a0a4e3f7d4011f18692b4b7d3ddbf0b7e6e5735b7522bba568320a60b91bda2a6601d856d1d00847ceac45a5a3130273e60cd7b18a77d64dc6a49dbcf3fb10"
     "7d0648e0578ebf99098f79fd9497647a4e6be8f6328230f28e032a318816fae471f8a56070f550fc7109eb6830b8498504839dfc91b6e609dadf0eecffff2664cc4ef7b7458472ea7ecf25"
     "5f2335f3b17dc7d3e3cfe6e17885ffa938ce5bb4ef68f2f481f34d07275f120f8a531eee789d005d22f8877e9ca26ced3852f9bc7a3bd4d5482417e042c80b55f17048016724e888880482"
     "0aa1368308d0363aa206eb828a775bebc97b7649deae0ecaaacdc8e5c91164"},
    {Algorithm::ps512, KeyType::rsa,
     "afdc0cb69914904547513274a32c8754fd08a3299a0b105270129a4bf509f68eab7f8ac192e755d42c76a0897e6583fb39b967805b8d24b17e400d4fad74b7c8dcacbc096560b4bd218c5d"
     "3f16b63024b2c6057cd05effbd01871f86cc8895c8fb417cad33de3c1655b153f4a9f79dd3864d1e84fa32b488388f32ec7f08ae6a22c5001bee9e5a3d1f7f964023b276e183a95f73a6da"
     "47c73239de839ff9735c9197281186903000cd1f1280a967beec1e23e354adefed971d839ee02cf068ef4809fee1eac539ac47ac21551c905e80d224f139633339f7bbaa9f35809f3efcec"
     "a9768a9daf99ece1e45c53003bf55095bbfa80d172864b031ac7904b7700a9",
     "010001",
     "The signature of this message by ps512 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "2627d069d88dcb4b556959628d144c199e2fc2831d9234e4d1973343684f472c89279f306808ca9d0e04dcf571aed71ae2dc9ace1d07af62addaa6b92a1efbe93a46c99f74d60137af02a5"
     "c7ee973d1cf855086854f6f41dd00fcffb0715a84b4275520baa25874667def3a99f2485c8a7c59216f53febf97fae29068a36b5699d2e9d05497de0d9bcab9951d7312aca86ae7decfd87"
     "20d82e0282fcc9d230cca19c86e25d483dec8b89d991a5bfc9909d1fc04036b363c00457d2413a2b59f36d166b901acab50cb0462871785572eef7e17629ac3bd8a25790240edb1d4f588a"
     "b3840e179e09d1ba0b2db472d1d3afca0f4683a89dfa8834a3830356bfbb49"},
    {Algorithm::es256, KeyType::p256,
     "f4c8567ff3ffdecf054be8eae8c9d2e13be2f2a12d4ab53397be47db2645ef9d",
     "53e68cb9e1c11a7f88105b840dcfd0d188a2914e55a6117aaf3647c8656a2e5a",
     "The signature of this message by es256 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "d3f58abb882f873b8d968af5ed3f7d3d2a0624fadcff310902b43bef8e61af252020d31006f826c2d954c5adaa0fb51e7cf8d98900e419f020ee76bba38b0d7f"},
    {Algorithm::es384, KeyType::p384,
     "5e52b5d2da7bd45ce12220aaa8b9aaaff15bbc34c46196f65b905dd3b247ca29d87124238a63f947f8606e0c46084985",
     "5d2cf7e956088bf81d86e21e240e9ff6735a9ad48ca3807797683147d5144d8a8be7e524af772fab43ec6a69f2bb803e",
     "The signature of this message by es384 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "75c1ab9f71274f05d17db51736d9914c382e531082a82d47ceec891602135659476461f0c9538b4edbc52bdacb3551e2fcc046741c54173f80cdcddb70cda8002f79aeb6fcf915b0004f3b"
     "d24ac44e5b0a2da6aecaf6ac87339988d198240129"},
    {Algorithm::es512, KeyType::p521,
     "00a9c93c8b1f3c5774cdedf890ac588a99d23d50c41d0e563574cc58393e3ae29afb0cede6f771536131b10f71600fc085c1e94391eab4fdec3b08e1c2fc26e7deec",
     "017eb4dc17f738b5bb789c73b66dd0016398992b66c60656c86562a9841941431e17a09db2bd317766c1a6d935bf3a82d6e2806dfaf605b00ef7319f85f3da93d8a0",
     "The signature of this message by es512 was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "00e22cd3122ed637693648dbd93cbdac64bf34a62975ca421eb5d025436b7e3694735e1a75d8f846e474a18940b3a0b0386c1bc228be6fab5581358d1d9987b83b2d00f793fe35bb978d0e"
     "0c6f4b08f750adaabe7d326d77d4cf3096699ba3faeba5785c1e0a84f1049416985ebffa4dd6d759b9a81425d492b4f89abbe1483470d6a5b0"},
    {Algorithm::eddsa, KeyType::ed25519,
     "774aa6983cba913519dff0717716b978175ea0ede90fc32053538c07ac042e8b","",
     "The signature of this message by eddsa was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.",
     "8821c154c99c0de92ef5db6c22c7c90f81d03c30277a80f715f0cb6223e8aeea32c47777f45f3bb604a5c0fe093bd74f0d796f14dc98d23d936040f90658a702"},
};

}  // namespace

std::span<const KnownAnswer> known_answers() noexcept { return kAnswers; }

}  // namespace assay::crypto
