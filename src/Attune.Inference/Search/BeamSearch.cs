using Attune.Inference.Samplers;

namespace Attune.Inference.Search;

/// <summary>A text that a search has found.</summary>
/// <param name="Tokens">Its ids, with the one that ended it, without the prompt.</param>
/// <param name="Score">Sum of the logarithms of its tokens' probabilities, divided by its length to the power of the length penalty.</param>
public sealed record SearchResult(int[] Tokens, double Score);

/// <summary>
/// Search for likely texts that keeps several at each step, as transformers defines it: logarithms of probabilities are made before processors change them, only the best
/// candidates may finish, and only as many as there are beams.
/// </summary>
internal sealed class BeamSearch
{
    /// <summary>The score of a place that holds no text yet; texts are compared with it, so it must stay finite.</summary>
    private const double Nothing = -1e9;

    private readonly DecodingRows _rows;
    private readonly GenerationOptions _options;
    private readonly int _maxNewTokens;
    private readonly int _beams;
    private readonly int _candidates;
    private readonly Group[] _groups;
    private readonly float[] _logits;

    private BeamSearch(DecodingRows rows, GenerationOptions options, int maxNewTokens)
    {
        _rows = rows;
        _options = options;
        _maxNewTokens = maxNewTokens;
        _beams = options.NumBeams;
        _candidates = Math.Max(2, 1 + options.EosTokenIds.Count) * _beams;
        _logits = new float[rows.Count * rows.VocabSize];
        _groups = new Group[rows.Count / _beams];
        for (int g = 0; g < _groups.Length; g++)
        {
            _groups[g] = new Group(rows.Prompt(g * _beams), options, rows.Context(g * _beams, maxNewTokens));
        }
    }

    /// <summary>Searches; for each prompt the best texts, the best one first.</summary>
    public static SearchResult[][] Run(DecodingRows rows, GenerationOptions options, int maxNewTokens, CancellationToken cancellation) =>
        new BeamSearch(rows, options, maxNewTokens).Run(cancellation);

    private SearchResult[][] Run(CancellationToken cancellation)
    {
        _rows.Begin(_logits);
        var parents = new int[_rows.Count];
        var ids = new int[_rows.Count];
        for (int length = 1; ; length++)
        {
            bool allHit = true;
            for (int g = 0; g < _groups.Length; g++)
            {
                allHit &= Advance(_groups[g], g, length, parents, ids);
            }

            bool goesOn = _groups.Any(group => group.MayImprove)
                && !(_options.StopsWhenFull && _groups.All(group => group.IsFull))
                && !allHit;
            if (!goesOn)
            {
                return [.. _groups.Select(group => group.Best(_options.NumReturnSequences))];
            }

            cancellation.ThrowIfCancellationRequested();
            _rows.Reorder(parents);
            _rows.Step(ids, _logits);
        }
    }

    /// <summary>One step of a prompt; whether every candidate has ended.</summary>
    private bool Advance(Group group, int index, int length, Span<int> parents, Span<int> ids)
    {
        int vocabulary = _rows.VocabSize;
        Span<float> logits = _logits.AsSpan(index * _beams * vocabulary, _beams * vocabulary);
        for (int b = 0; b < _beams; b++)
        {
            group.Score(b, logits.Slice(b * vocabulary, vocabulary));
        }

        (double Score, int Place)[] best = Largest(logits, group, vocabulary);
        bool atEnd = length >= _maxNewTokens;
        bool[] hits = [.. best.Select(item => atEnd || _options.EosTokenIds.Contains(item.Place % vocabulary))];
        group.Finish(best, hits, vocabulary, length, _options);
        group.Continue(best, hits, vocabulary);
        for (int b = 0; b < _beams; b++)
        {
            parents[(index * _beams) + b] = (index * _beams) + group.Parents[b];
            ids[(index * _beams) + b] = group.LastIds[b];
        }

        group.Judge(length, _maxNewTokens, _options);
        return Array.TrueForAll(hits, hit => hit);
    }

    /// <summary>The continuations of a prompt's beams to look at: the best, the best one first, or some that are drawn by their probabilities, each once.</summary>
    private (double Score, int Place)[] Largest(ReadOnlySpan<float> logProbabilities, Group group, int vocabulary)
    {
        var best = new (double Rank, double Score, int Place)[Math.Min(_candidates, logProbabilities.Length)];
        int count = 0;
        for (int place = 0; place < logProbabilities.Length; place++)
        {
            double score = (float)(logProbabilities[place] + group.Scores[place / vocabulary]);
            double rank = _options.IsSampling ? score + group.Noise() : score;
            if (count == best.Length && !(rank > best[^1].Rank))
            {
                continue;
            }

            int at = count < best.Length ? count++ : count - 1;
            while (at > 0 && rank > best[at - 1].Rank)
            {
                best[at] = best[at - 1];
                at--;
            }

            best[at] = (rank, score, place);
        }

        return [.. best.Select(item => (item.Score, item.Place))];
    }

    /// <summary>The texts of one prompt.</summary>
    private sealed class Group
    {
        private readonly IReadOnlyList<ILogitsProcessor> _processors;
        private readonly LogSoftmax _logSoftmax = new();
        private readonly int _promptTokens;
        private readonly List<(double Score, int[]? Text)> _finished = [];
        private readonly ulong _seed;
        private int[][] _running;
        private ulong _drawn;

        public Group(ReadOnlySpan<int> prompt, GenerationOptions options, PromptContext context)
        {
            _promptTokens = prompt.Length;
            _processors = KnownLogitsProcessors.For(options, context);
            _seed = (ulong)options.Seed;
            int[] start = prompt.ToArray();
            _running = [.. Enumerable.Repeat(start, options.NumBeams)];

            // All beams start alike: only the first one counts at the first step.
            Scores = [.. Enumerable.Range(0, options.NumBeams).Select(b => b == 0 ? 0 : Nothing)];
            Parents = new int[options.NumBeams];
            LastIds = new int[options.NumBeams];
            _finished.AddRange(Enumerable.Repeat((Nothing, (int[]?)null), options.NumBeams));
        }

        public double[] Scores { get; private set; }

        public int[] Parents { get; }

        public int[] LastIds { get; }

        public bool MayImprove { get; private set; } = true;

        public bool IsFull => _finished.TrueForAll(entry => entry.Text is not null);

        /// <summary>A number of Gumbel's distribution: the largest sums of logarithms of probabilities and such numbers are draws without replacement (Kool et al. 2019).</summary>
        public double Noise() => -Math.Log(-Math.Log(RandomShare.Next(_seed, _drawn++) + double.Epsilon));

        /// <summary>Makes logarithms of probabilities of a beam's logits, and lets the processors change them.</summary>
        public void Score(int beam, Span<float> logits)
        {
            _logSoftmax.Apply(logits, []);
            foreach (ILogitsProcessor processor in _processors)
            {
                processor.Apply(logits, _running[beam]);
            }
        }

        /// <summary>Takes in the texts that have ended, if they are among the best.</summary>
        public void Finish((double Score, int Place)[] best, bool[] hits, int vocabulary, int length, GenerationOptions options)
        {
            if (!MayImprove || (options.StopsWhenFull && IsFull))
            {
                return;
            }

            double divisor = Math.Pow(length, options.LengthPenalty);
            int beams = _running.Length;
            for (int i = 0; i < Math.Min(beams, best.Length); i++)
            {
                if (hits[i])
                {
                    _finished.Add((best[i].Score / divisor, [.. _running[best[i].Place / vocabulary], best[i].Place % vocabulary]));
                }
            }

            (double Score, int[]? Text)[] kept = [.. _finished.OrderByDescending(entry => entry.Score).Take(beams)];
            _finished.Clear();
            _finished.AddRange(kept);
        }

        /// <summary>Keeps the best of the texts that have not ended.</summary>
        public void Continue((double Score, int Place)[] best, bool[] hits, int vocabulary)
        {
            int beams = _running.Length;
            (double Score, int Place)[] next =
            [
                .. best.Select((item, i) => (Score: item.Score + (hits[i] ? Nothing : 0), item.Place)).OrderByDescending(item => item.Score).Take(beams),
            ];
            int[][] texts = [.. next.Select(item => (int[])[.. _running[item.Place / vocabulary], item.Place % vocabulary])];
            for (int b = 0; b < beams; b++)
            {
                Parents[b] = next[b].Place / vocabulary;
                LastIds[b] = next[b].Place % vocabulary;
            }

            Scores = [.. next.Select(item => item.Score)];
            _running = texts;
        }

        /// <summary>Whether a running text could still become better than the worst finished one.</summary>
        public void Judge(int length, int maxNewTokens, GenerationOptions options)
        {
            bool looksAhead = options.StopsWhenHopeless && options.LengthPenalty > 0;
            double possible = Scores[0] / Math.Pow(looksAhead ? maxNewTokens : length, options.LengthPenalty);
            double worst = _finished.Min(entry => entry.Score);
            MayImprove &= _finished.Exists(entry => possible > (entry.Text is null ? Nothing : worst));
        }

        public SearchResult[] Best(int count) =>
            [.. _finished.Take(count).Where(entry => entry.Text is not null).Select(entry => new SearchResult(entry.Text![_promptTokens..], entry.Score))];
    }
}
