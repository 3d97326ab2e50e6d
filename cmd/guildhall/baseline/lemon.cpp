// Solves one instance with LEMON and prints "method objective cpu_seconds" for
// each of its methods that fits. The instance is a file of little-endian 64-bit
// numbers: kind (0 pairs, 2 assign), people left, people right, edges, 0; left,
// right and weight of each edge; for assign the demands and capacities.
#include <lemon/cost_scaling.h>
#include <lemon/matching.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>
#include <sys/resource.h>

#include <cstdio>
#include <vector>

using namespace lemon;
typedef long long number;

static double cpu() {
  rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

template <class Method>
static void flow(const char *name, const std::vector<number> &head, const std::vector<number> &edges,
                 const std::vector<number> &demand, const std::vector<number> &capacity) {
  int n = head[1], m = head[2];
  SmartDigraph g;
  for (int i = 0; i <= n + m; i++) g.addNode();
  SmartDigraph::Node sink = g.nodeFromId(n + m);
  SmartDigraph::ArcMap<int> upper(g);
  SmartDigraph::ArcMap<number> cost(g);
  SmartDigraph::NodeMap<int> supply(g, 0);
  for (number i = 0; i < head[3]; i++) {
    SmartDigraph::Arc a = g.addArc(g.nodeFromId(edges[3 * i]), g.nodeFromId(n + edges[3 * i + 1]));
    cost[a] = -edges[3 * i + 2];
    upper[a] = 1;
  }
  for (int v = 0; v < m; v++) {
    SmartDigraph::Arc a = g.addArc(g.nodeFromId(n + v), sink);
    cost[a] = 0;
    upper[a] = capacity[v];
  }
  int total = 0;
  for (int u = 0; u < n; u++) {
    SmartDigraph::Arc a = g.addArc(g.nodeFromId(u), sink);
    cost[a] = 0;
    upper[a] = demand[u];
    supply[g.nodeFromId(u)] = demand[u];
    total += demand[u];
  }
  supply[sink] = -total;
  double start = cpu();
  Method method(g);
  method.upperMap(upper).costMap(cost).supplyMap(supply);
  method.run();
  double seconds = cpu() - start;
  number sum = 0;
  for (number i = 0; i < head[3]; i++)
    if (method.flow(g.arcFromId(i))) sum += edges[3 * i + 2];
  printf("%s %lld %.5f\n", name, sum, seconds);
}

int main(int, char **args) {
  FILE *f = fopen(args[1], "rb");
  if (!f) return 1;
  auto read = [f](number count) {
    std::vector<number> list(count);
    if (fread(list.data(), sizeof(number), count, f) != (size_t)count) exit(1);
    return list;
  };
  std::vector<number> head = read(5), edges = read(3 * head[3]);
  if (head[0] == 2) {
    std::vector<number> demand = read(head[1]), capacity = read(head[2]);
    flow<NetworkSimplex<SmartDigraph, int, number>>("NetworkSimplex", head, edges, demand, capacity);
    flow<CostScaling<SmartDigraph, int, number>>("CostScaling", head, edges, demand, capacity);
    return 0;
  }
  SmartGraph g;
  for (int i = 0; i < head[1]; i++) g.addNode();
  SmartGraph::EdgeMap<number> weight(g);
  for (number i = 0; i < head[3]; i++)
    weight[g.addEdge(g.nodeFromId(edges[3 * i]), g.nodeFromId(edges[3 * i + 1]))] = edges[3 * i + 2];
  double start = cpu();
  MaxWeightedMatching<SmartGraph, SmartGraph::EdgeMap<number>> matching(g, weight);
  matching.run();
  printf("MaxWeightedMatching %lld %.5f\n", (number)matching.matchingWeight(), cpu() - start);
}
