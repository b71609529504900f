// Names for what the user has not named; see generated_name.h.
#include "cbuild/util/generated_name.h"

#include <array>
#include <string_view>

namespace cbuild {

namespace {

constexpr auto kAdjectives = std::to_array<std::string_view>({
    // clang-format off
    "able", "airy", "alert", "ample", "apt", "artful", "azure", "balanced", "bold", "brave",
    "bright", "brisk", "busy", "calm", "candid", "careful", "cheerful", "chief", "civil", "classic",
    "clear", "clever", "coastal", "cordial", "cosmic", "crisp", "curious", "daring", "dapper",
    "decent", "deft", "diligent", "direct", "eager", "early", "earnest", "easy", "elegant", "epic",
    "exact", "fair", "faithful", "famous", "fancy", "fast", "fearless", "fertile", "fine", "firm",
    "fluent", "fond", "frank", "fresh", "friendly", "frosty", "gallant", "generous", "gentle",
    "gifted", "glad", "golden", "graceful", "grand", "green", "handy", "happy", "hardy", "hearty",
    "honest", "hopeful", "humble", "ideal", "inventive", "jolly", "jovial", "joyful", "just", "keen",
    "kind", "lasting", "learned", "light", "likable", "lively", "logical", "loyal", "lucid", "lucky",
    "lunar", "magnetic", "mellow", "merry", "mighty", "mild", "modest", "musing", "natural", "neat",
    "nimble", "noble", "novel", "open", "optimal", "orderly", "patient", "peaceful", "placid",
    "playful", "pleasant", "polite", "precise", "prime", "prompt", "proper", "prudent", "punctual",
    "quick", "quiet", "radiant", "rapid", "rational", "ready", "relaxed", "robust", "rustic",
    "savvy", "scenic", "serene", "sharp", "silent", "sincere", "skilful", "smart", "smooth", "solar",
    "solid", "sound", "spirited", "stable", "steady", "stellar", "stoic", "strong", "sturdy",
    "subtle", "sunny", "swift", "tactful", "tender", "thorough", "thrifty", "tidy", "tranquil",
    "trusty", "unique", "upbeat", "useful", "valiant", "vast", "verbal", "vibrant", "vigilant",
    "vivid", "warm", "watchful", "willing", "wise", "witty", "worthy", "zesty",
    // clang-format on
});

constexpr auto kSurnames = std::to_array<std::string_view>({
    // clang-format off
    "abel", "adleman", "agnesi", "aiken", "alkhwarizmi", "allen", "ampere", "anning", "archimedes",
    "aristarchus", "armstrong", "arrhenius", "aryabhata", "atanasoff", "avogadro", "babbage",
    "backus", "bacon", "baird", "banach", "bardeen", "bartik", "bassi", "becquerel", "bell",
    "benz", "bernoulli", "berzelius", "bessel", "bessemer", "bhabha", "blackburn", "blackwell",
    "bohr", "boltzmann", "boole", "borg", "bose", "boyle", "bragg", "brahe", "brahmagupta", "braille",
    "brattain", "brunel", "bunsen", "burnell", "cannon", "cantor", "carnot", "carson", "cartwright",
    "carver", "cauchy", "cavendish", "cayley", "celsius", "cerf", "chandrasekhar", "chebyshev",
    "chomsky", "church", "clarke", "clausius", "codd", "compton", "conway", "copernicus",
    "cori", "coulomb", "cray", "crick", "curie", "cuvier", "daguerre", "daimler", "dalton", "darwin",
    "davinci", "davy", "debye", "dedekind", "descartes", "diesel", "diffie", "dijkstra", "diophantus",
    "dirac", "doppler", "easley", "eckert", "edison", "ehrlich", "eiffel", "einstein",
    "elion", "engelbart", "eratosthenes", "ericsson", "erlang", "euclid", "euler", "fahrenheit",
    "faraday", "fermat", "fermi", "feynman", "fibonacci", "fischer", "fleming", "fourier", "franklin",
    "fraunhofer", "fresnel", "fuchs", "fulton", "gagarin", "galileo", "galois", "galvani", "gauss",
    "germain", "gibbs", "goddard", "godel", "goeppert", "goldberg", "goldstine", "goodall", "gosling",
    "gray", "gutenberg", "haber", "hahn", "halley", "hamilton", "hamming", "harvey",
    "hawking", "heaviside", "heisenberg", "hellman", "helmholtz", "henry", "herschel",
    "hertz", "hilbert", "hoare", "hodgkin", "hollerith", "hooke", "hopper", "hubble", "humboldt",
    "huygens", "hypatia", "jackson", "jacquard", "jemison", "jennings", "johnson",
    "joliot", "joule", "kalman", "kare", "kekule", "keller", "kelvin", "kepler", "khayyam", "kilby",
    "kirch", "kirchhoff", "knuth", "kolmogorov", "kovalevskaya", "lagrange", "lamarr", "lamport",
    "landau", "laplace", "lavoisier", "leakey", "leavitt", "lebesgue", "leeuwenhoek", "legendre",
    "leibniz", "lemaitre", "lewin", "lie", "liebig", "lilienthal", "linnaeus", "liskov", "lorentz",
    "lovelace", "lumiere", "mach", "marconi", "markov", "maxwell", "mayer", "mccarthy", "mcclintock",
    "mclean", "meitner", "mendel", "mendeleev", "michelson", "millikan", "minkowski", "minsky",
    "mirzakhani", "moore", "morse", "moser", "napier", "nash", "neumann", "newcomen", "newton",
    "nightingale", "nobel", "noether", "noyce", "nyquist", "oersted", "ohm", "oppenheimer", "otto",
    "papin", "pare", "parsons", "pascal", "pasteur", "pauli", "pauling", "payne", "peano", "perlman",
    "pike", "planck", "poincare", "poisson", "priestley", "ptolemy", "pythagoras", "raman",
    "ramanujan", "rayleigh", "ride", "riemann", "ritchie", "roentgen", "rubin", "rutherford",
    "sagan", "sakharov", "salk", "sammet", "schrodinger", "shamir", "shannon", "shaw", "shockley",
    "siemens", "simpson", "snell", "somerville", "spence", "stallman", "stephenson",
    "stevin", "stirling", "stokes", "stonebraker", "swan", "swanson", "swartz", "swirles", "tarski",
    "taussig", "taylor", "tesla", "tharp", "thompson", "thomson", "torricelli", "torvalds",
    "tsiolkovsky", "turing", "varahamihira", "vaughan", "volta", "volterra", "wallace", "wankel",
    "watson", "watt", "wegener", "weierstrass", "westinghouse", "wheatstone", "whittle", "wien",
    "wiener", "wiles", "wilkes", "wilson", "wing", "wirth", "wozniak", "wright", "wu", "yalow",
    "yonath", "young", "yukawa", "zeppelin", "zhukovsky", "zuse",
    // clang-format on
});

}  // namespace

std::string generated_name(std::uint64_t random, unsigned retry) {
  const std::string_view adjective = kAdjectives[random % kAdjectives.size()];
  random /= kAdjectives.size();
  const std::string_view surname = kSurnames[random % kSurnames.size()];
  random /= kSurnames.size();
  std::string name(adjective);
  name.append("_").append(surname);
  if (retry > 0) name += static_cast<char>('0' + random % 10);
  return name;
}

}  // namespace cbuild
