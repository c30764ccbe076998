// EVOLVE-BLOCK-START
double curve(double x) { return 0.5 + 0.25 * x; }
// EVOLVE-BLOCK-END

#include <cstdlib>
#include <iostream>

int main(int count, char **arguments) {
  for (int index = 1; index < count; index++) {
    std::cout << curve(std::atof(arguments[index])) << "\n";
  }
}
