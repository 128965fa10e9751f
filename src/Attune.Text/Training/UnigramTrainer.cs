namespace Attune.Text.Training;

/// <summary>Trains a Unigram vocabulary.</summary>
/// <remarks>Source of the procedure and its constants: sentencepiece, unigram_model_trainer.cc.</remarks>
internal sealed class UnigramTrainer(WordCounts words, UnigramTrainerOptions options, int size, CancellationToken cancellation)
{
    // Tokens expected to occur less often than this are dropped.
    private const double LeastExpectation = 0.5;

    // Single characters that pruning dropped come back this much apart.
    private const double ReturnStep = 0.0001;

    private readonly byte[][] _words = Array.ConvertAll(words.Words, System.Text.Encoding.UTF8.GetBytes);

    /// <summary>Trains; gives tokens with their log probabilities, the likeliest first.</summary>
    public List<(string Token, double Score)> Run()
    {
        int[] characters = [.. words.CountCharacters().Keys.Order()];
        if (characters.Length > size)
        {
            throw new TextException($"the texts have {characters.Length} different characters, but the vocabulary has room for {size} tokens beside the special ones; raise its size");
        }

        int desired = (size + SpecialCount) * 11 / 10;
        List<(string Token, double Score)> pieces = Seed();
        while (true)
        {
            for (int i = 0; i < options.SubIterations; i++)
            {
                pieces = Maximize(pieces, Expect(pieces));
            }

            if (pieces.Count + 1 <= desired)
            {
                return Finish(pieces, characters);
            }

            pieces = Prune(pieces, desired);
        }
    }

    private int SpecialCount => options.VocabularySize - size;

    private List<(string Token, double Score)> Seed()
    {
        List<(string Token, double Score)> pieces = [.. words.CountCharacters()
            .OrderByDescending(entry => entry.Value).ThenByDescending(entry => entry.Key)
            .Select(entry => (char.ConvertFromUtf32(entry.Key), (double)entry.Value))];
        (string Text, double Score)[] found = [.. new FrequentSubstrings(words.Words, options.MaxPieceLength, cancellation).Find()
            .Select(piece => (piece.Text, (double)piece.Count * piece.Text.EnumerateRunes().Count()))];
        Array.Sort(found, (left, right) => left.Score != right.Score ? right.Score.CompareTo(left.Score) : CodePointOrder.Compare(right.Text, left.Text));
        pieces.AddRange(found.Take(Math.Max(0, options.SeedSize - pieces.Count)));
        double logSum = Math.Log(pieces.Sum(piece => piece.Score));
        return [.. pieces.Select(piece => (piece.Token, Math.Log(piece.Score) - logSum))];
    }

    private double[] Expect(List<(string Token, double Score)> pieces)
    {
        var lattice = new TrainingLattice(pieces, cancellation);
        double[] expected = new double[pieces.Count];
        for (int i = 0; i < _words.Length; i++)
        {
            lattice.AddExpectations(_words[i], words.Counts[i], expected);
        }

        return expected;
    }

    /// <summary>New scores from expected counts; the digamma function makes rare tokens rarer (Liang et al. 2007).</summary>
    private static List<(string Token, double Score)> Maximize(List<(string Token, double Score)> pieces, double[] expected)
    {
        var kept = new List<(string Token, double Score)>(pieces.Count);
        double sum = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            if (expected[i] >= LeastExpectation)
            {
                kept.Add((pieces[i].Token, expected[i]));
                sum += expected[i];
            }
        }

        double logSum = Digamma(sum);
        return kept.ConvertAll(piece => (piece.Token, Digamma(piece.Score) - logSum));
    }

    private static double Digamma(double x)
    {
        double result = 0;
        for (; x < 7; x++)
        {
            result -= 1 / x;
        }

        x -= 0.5;
        double square = 1 / (x * x);
        double fourth = square * square;
        return result + Math.Log(x) + (square / 24) - (7.0 / 960 * fourth) + (31.0 / 8064 * fourth * square) - (127.0 / 30720 * fourth * fourth);
    }

    /// <summary>Drops the tokens whose loss lowers the likelihood of the texts least.</summary>
    private List<(string Token, double Score)> Prune(List<(string Token, double Score)> pieces, int desired)
    {
        var lattice = new TrainingLattice(pieces, cancellation);
        double[] frequency = new double[pieces.Count + 1];
        double allWords = 0;
        for (int i = 0; i < _words.Length; i++)
        {
            allWords += words.Counts[i];
            lattice.AddBestPath(_words[i], words.Counts[i], frequency);
        }

        double sum = frequency.Sum();
        double logSum = Math.Log(sum);
        var kept = new List<(string Token, double Score)>();
        var candidates = new List<(int Piece, double Loss)>();
        for (int i = 0; i < pieces.Count; i++)
        {
            IReadOnlyList<int>? alternative = lattice.SecondBest(System.Text.Encoding.UTF8.GetBytes(pieces[i].Token), out bool isBestItself);
            if (frequency[i] == 0 && !isBestItself)
            {
                continue;
            }

            if (alternative is null)
            {
                kept.Add(pieces[i]);
            }
            else if (frequency[i] > 0)
            {
                // The sum grows by the number of all tokens, not of the alternative's: a slip of the source that its results depend on.
                double logSumAfter = Math.Log(sum + (frequency[i] * pieces.Count));
                double before = Math.Log(frequency[i]) - logSum;
                double after = alternative.Sum(piece => Math.Log(frequency[piece] + frequency[i]) - logSumAfter);
                candidates.Add((i, frequency[i] / allWords * (before - after)));
            }
        }

        int target = Math.Max(desired, (int)((pieces.Count + 1) * options.ShrinkingFactor));
        kept.AddRange(candidates.OrderByDescending(candidate => candidate.Loss).Take(Math.Max(0, target - 1 - kept.Count)).Select(candidate => pieces[candidate.Piece]));
        return kept;
    }

    /// <summary>Cuts the vocabulary to its size; every character of the texts stays or comes back.</summary>
    private List<(string Token, double Score)> Finish(List<(string Token, double Score)> pieces, int[] characters)
    {
        Dictionary<string, double> scores = pieces.ToDictionary(piece => piece.Token, piece => piece.Score, StringComparer.Ordinal);
        double lowest = pieces.Min(piece => piece.Score);
        var result = new List<(string Token, double Score)>();
        int returned = 0;
        foreach (int character in characters)
        {
            string token = char.ConvertFromUtf32(character);
            result.Add((token, scores.TryGetValue(token, out double score) ? score : lowest + (ReturnStep * returned++)));
        }

        HashSet<string> taken = [.. result.Select(piece => piece.Token)];
        result.AddRange(pieces.Where(piece => !taken.Contains(piece.Token)).Take(size - result.Count));
        result.Sort((left, right) => left.Score != right.Score ? right.Score.CompareTo(left.Score) : CodePointOrder.Compare(left.Token, right.Token));
        return result;
    }
}
