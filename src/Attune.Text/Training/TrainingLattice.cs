using Attune.Text.Models;
using Attune.Text.Unicode;

namespace Attune.Text.Training;

/// <summary>All segmentations of a word with a Unigram vocabulary, as training needs them.</summary>
internal sealed class TrainingLattice
{
    private const double UnknownPenalty = 10;
    private const int NodesBetweenChecks = 1 << 16;
    private readonly CancellationToken _cancellation;
    private readonly ByteTrie _trie = new();
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly List<Node> _nodes = [];
    private double[] _forward = [];
    private double[] _backward = [];
    private int[] _arrivals = [];

    /// <summary>Makes lattices of tokens with their log probabilities.</summary>
    public TrainingLattice(List<(string Token, double Score)> pieces, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _scores = new double[pieces.Count];
        for (int i = 0; i < pieces.Count; i++)
        {
            Check(i);
            _trie.Add(System.Text.Encoding.UTF8.GetBytes(pieces[i].Token), i);
            _scores[i] = pieces[i].Score;
        }

        _unknown = pieces.Count;
        _unknownScore = _scores.Min() - UnknownPenalty;
    }

    /// <summary>Adds how often each token is expected in a word that occurs a number of times.</summary>
    public void AddExpectations(ReadOnlySpan<byte> word, double weight, double[] expected)
    {
        Build(word);
        Span<double> forward = Reset(ref _forward, word.Length);
        Span<double> backward = Reset(ref _backward, word.Length);
        forward[0] = backward[word.Length] = 0;
        for (int i = 0; i < Nodes.Length; i++)
        {
            Check(i);
            ref readonly Node node = ref Nodes[i];
            forward[node.End] = LogAdd(forward[node.End], forward[node.Start] + node.Score);
        }

        for (int i = Nodes.Length - 1; i >= 0; i--)
        {
            Check(i);
            ref readonly Node node = ref Nodes[i];
            backward[node.Start] = LogAdd(backward[node.Start], backward[node.End] + node.Score);
        }

        for (int i = 0; i < Nodes.Length; i++)
        {
            Check(i);
            ref readonly Node node = ref Nodes[i];
            if (node.Id != _unknown)
            {
                expected[node.Id] += weight * Math.Exp(forward[node.Start] + node.Score + backward[node.End] - forward[word.Length]);
            }
        }
    }

    /// <summary>Adds the tokens of the best path of a word that occurs a number of times; of equal ones that whose tokens come first.</summary>
    /// <param name="word">The word.</param>
    /// <param name="weight">How often it occurs.</param>
    /// <param name="frequency">Occurrences of each token, those of unknown characters at the end.</param>
    public void AddBestPath(ReadOnlySpan<byte> word, double weight, double[] frequency)
    {
        Build(word);
        Span<double> best = Reset(ref _forward, word.Length);
        _arrivals = _arrivals.Length <= word.Length ? new int[_forward.Length] : _arrivals;
        best[0] = 0;
        for (int i = 0; i < Nodes.Length; i++)
        {
            Check(i);
            ref readonly Node node = ref Nodes[i];
            double score = best[node.Start] + node.Score;
            if (score > best[node.End])
            {
                best[node.End] = score;
                _arrivals[node.End] = i;
            }
        }

        for (int end = word.Length; end > 0;)
        {
            ref readonly Node node = ref Nodes[_arrivals[end]];
            frequency[node.Id] += weight;
            end = node.Start;
        }
    }

    /// <summary>The tokens of the second-best segmentation of a token; null when there is only one, or when it is not the best segmentation itself.</summary>
    public IReadOnlyList<int>? SecondBest(ReadOnlySpan<byte> token, out bool isBestItself)
    {
        Path[] best = BestPaths(token);
        isBestItself = best.Length < 2 || best[0].Previous!.Previous is null;
        if (best.Length < 2 || !isBestItself)
        {
            return null;
        }

        var ids = new List<int>();
        for (Path path = best[1]; path.Previous is not null; path = path.Previous)
        {
            ids.Add(path.Id);
        }

        return ids;
    }

    private void Check(int done)
    {
        if (done % NodesBetweenChecks == 0)
        {
            _cancellation.ThrowIfCancellationRequested();
        }
    }

    private ReadOnlySpan<Node> Nodes => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_nodes);

    private static Span<double> Reset(ref double[] values, int length)
    {
        values = values.Length <= length ? new double[(2 * length) + 1] : values;
        values.AsSpan(0, length + 1).Fill(double.NegativeInfinity);
        return values;
    }

    private static double LogAdd(double left, double right)
    {
        double low = Math.Min(left, right);
        double high = Math.Max(left, right);
        return high > low + 50 ? high : high + Math.Log(Math.Exp(low - high) + 1);
    }

    private void Build(ReadOnlySpan<byte> word)
    {
        _cancellation.ThrowIfCancellationRequested();
        _nodes.Clear();
        for (int start = 0; start < word.Length;)
        {
            Check(start);
            Utf8.Decode(word, start, out int size);
            bool hasSingle = false;
            int node = ByteTrie.Root;
            for (int end = start; end < word.Length && (node = _trie.Next(node, word[end])) >= 0; end++)
            {
                int id = _trie.Value(node);
                if (id >= 0)
                {
                    _nodes.Add(new Node(start, end + 1, id, _scores[id]));
                    hasSingle |= end + 1 == start + size;
                }
            }

            if (!hasSingle)
            {
                _nodes.Add(new Node(start, start + size, _unknown, _unknownScore));
            }

            start += size;
        }
    }

    /// <summary>The two best paths to the end of a word.</summary>
    private Path[] BestPaths(ReadOnlySpan<byte> word)
    {
        Build(word);
        var best = new List<Path>[word.Length + 1];
        best[0] = [new Path(0, _unknown, null)];
        foreach (Node node in Nodes)
        {
            List<Path> paths = best[node.End] ??= [];
            foreach (Path previous in best[node.Start] ?? [])
            {
                double score = previous.Score + node.Score;
                int place = paths.FindIndex(path => score > path.Score);
                paths.Insert(place < 0 ? paths.Count : place, new Path(score, node.Id, previous));
                if (paths.Count > 2)
                {
                    paths.RemoveAt(2);
                }
            }
        }

        return [.. best[word.Length] ?? []];
    }

    private readonly record struct Node(int Start, int End, int Id, double Score);

    private sealed record Path(double Score, int Id, Path? Previous);
}
