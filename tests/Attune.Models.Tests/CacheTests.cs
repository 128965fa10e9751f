using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>The states of a text are the same read at once and token by token with a cache, for families whose reference values have no generation, too.</summary>
[Trait("Category", "Golden")]
public sealed class CacheTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Names => Goldens.Folders("families/causal");

    [Theory]
    [MemberData(nameof(Names))]
    public void Token_by_token_equals_all_at_once(string name)
    {
        using var text = new Texts(name);
        using KvCache cache = text.Model.CreateCache(2, text.First.Length);
        text.Read(cache, text.First.Length - 3, 2);
        for (int i = 2; i < text.Second.Length; i++)
        {
            text.Read(cache, 0, 1);
        }

        text.Read(cache, 3, 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pieces_in_a_cache_of_the_windows_equal_all_at_once(string name)
    {
        const int Piece = 3;
        using var text = new Texts(name);
        using KvCache cache = text.Model.CreateCache(2, text.First.Length, Piece);
        using KvCache whole = text.Model.CreateCache(2, text.First.Length);
        int window = text.Model.Modules().OfType<ICachingLayer>().Max(layer => layer.Cached.Window);
        bool isSmaller = window > 0 && window - 1 + Piece < text.First.Length;
        Assert.True(isSmaller ? cache.Bytes < whole.Bytes : cache.Bytes == whole.Bytes);
        while (text.Left(0) > 2 || text.Left(1) > 1)
        {
            text.Read(cache, Math.Min(Piece, Math.Max(0, text.Left(0) - 2)), Math.Min(Piece - 1, Math.Max(0, text.Left(1) - 1)));
        }

        // The beams of a search: each sequence goes on as a copy of the other.
        cache.Reorder([1, 0]);
        text.Swap();
        text.Read(cache, 1, 1);
        text.Read(cache, 0, 1);
        if (isSmaller)
        {
            Assert.Throws<TensorException>(() => cache.Truncate(1, text.First.Length - 5));
        }

        cache.Truncate(0, 0);
        cache.Truncate(1, 0);
        text.Restart();
        text.Read(cache, 2, 2);
    }

    [Fact]
    public void Latent_attention_keeps_the_latent_state_only()
    {
        using var golden = GoldenModel.Open("deepseek_v3", "cpu");
        Assert.All(golden.Model.Modules().OfType<ICachingLayer>(), layer => Assert.Equal(1, layer.Cached.KvHeads));
    }

    /// <summary>Two texts of a case, and their logits read at once.</summary>
    private sealed class Texts : IDisposable
    {
        private readonly GoldenModel _golden;
        private readonly StepScope _scope;
        private readonly float[][] _logits;
        private readonly int[][] _texts;
        private int[] _order = [0, 1];
        private int[] _read = [0, 0];

        public Texts(string name)
        {
            // Positions that depend on the length of the text can be compared below the length from which they do.
            int most = name is "llama_dynamic" or "phi3_longrope" ? 6 : int.MaxValue;
            _golden = GoldenModel.Open(name, "cpu");
            PaddedBatch batch = PaddedBatch.Read(_golden.Io, "right.");
            _texts = [.. Enumerable.Range(0, 2).Select(row => batch.Ids[batch.Starts[row]..batch.Starts[row + 1]].Take(most).ToArray())];
            _scope = _golden.Device.Scope();
            _logits =
            [
                .. _texts.Select(ids => _golden.Model.Logits(new ForwardPass(TokenBatch.Create(_golden.Device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]))).ToArray()),
            ];
        }

        public CausalLmModel Model => _golden.Model;

        public int[] First => _texts[0];

        public int[] Second => _texts[1];

        public int Left(int sequence) => _texts[_order[sequence]].Length - _read[sequence];

        /// <summary>Exchanges the texts of the sequences.</summary>
        public void Swap() => (_order, _read) = ([_order[1], _order[0]], [_read[1], _read[0]]);

        public void Restart() => _read = [0, 0];

        /// <summary>Reads the next tokens of both and compares the logits behind the last one of each.</summary>
        public void Read(KvCache cache, int first, int second)
        {
            int[] counts = [first, second];
            int[] ids = [.. counts.SelectMany((count, s) => _texts[_order[s]].AsSpan(_read[s], count).ToArray())];
            float[] logits = Model.Logits(new ForwardPass(cache.Append(ids, counts)) { Cache = cache }).ToArray();
            cache.Commit();
            int width = Model.VocabSize;
            int end = 0;
            for (int s = 0; s < 2; s++)
            {
                _read[s] += counts[s];
                end += counts[s];
                if (counts[s] > 0)
                {
                    GoldenArrays.Close(
                        _logits[_order[s]].AsSpan((_read[s] - 1) * width, width), logits.AsSpan((end - 1) * width, width), Tolerance, $"logits behind {_read[s]} tokens of text {_order[s]}");
                }
            }
        }

        public void Dispose()
        {
            _scope.Dispose();
            _golden.Dispose();
        }
    }
}
