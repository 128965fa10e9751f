using System.Numerics;
using System.Runtime.InteropServices;

namespace Attune.Data.Duplicates;

/// <summary>MinHash sketches (Broder 1997): of many hash functions the smallest value over a text's windows. The share of equal values estimates the Jaccard similarity of two texts.</summary>
/// <remarks>Functions and values equal datasketch's for the same seed, in its newer scheme (<c>affine32</c>) and its older one (<c>legacy</c>).</remarks>
public sealed class MinHasher
{
    private const ulong MersennePrime = (1UL << 61) - 1;

    private readonly bool _isLegacy;
    private readonly ulong[] _a64 = [];
    private readonly ulong[] _b64 = [];
    private readonly uint[] _a32 = [];
    private readonly uint[] _b32 = [];

    /// <summary>Makes the hash functions of a seed.</summary>
    /// <param name="functions">Their number. Range: 1 to 65,536. Default: 128.</param>
    /// <param name="seed">The seed. Default: 1.</param>
    /// <param name="scheme"><c>affine32</c> (default: 32-bit arithmetic) or <c>legacy</c> (64-bit, modulo 2^61 - 1).</param>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public MinHasher(int functions = 128, uint seed = 1, string scheme = "affine32")
    {
        Check.Range(functions, "num_perm", 1, 1 << 16);
        Check.OneOf(scheme, "scheme", "affine32", "legacy");
        Functions = functions;
        _isLegacy = scheme == "legacy";
        var random = new MersenneTwister(seed);
        if (_isLegacy)
        {
            (_a64, _b64) = (new ulong[functions], new ulong[functions]);
            for (int i = 0; i < functions; i++)
            {
                _a64[i] = random.Next(1, MersennePrime);
                _b64[i] = random.Next(0, MersennePrime);
            }
        }
        else
        {
            // Odd factors make the functions permutations of the 32-bit numbers.
            _a32 = [.. Enumerable.Range(0, functions).Select(_ => (random.Next() << 1) | 1)];
            _b32 = [.. Enumerable.Range(0, functions).Select(_ => random.Next())];
        }
    }

    /// <summary>The number of hash functions K.</summary>
    public int Functions { get; }

    /// <summary>Makes a sketch.</summary>
    /// <param name="hashes">The windows' hashes, as <see cref="Shingles.Hash"/> gives them.</param>
    /// <param name="sketch">Is filled [K].</param>
    public void Sketch(ReadOnlySpan<uint> hashes, Span<uint> sketch)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sketch.Length, Functions);
        sketch.Fill(uint.MaxValue);
        foreach (uint hash in hashes)
        {
            if (_isLegacy)
            {
                AddLegacy(hash, sketch);
            }
            else
            {
                AddAffine(Mix(hash), sketch);
            }
        }
    }

    /// <summary>The share of equal values in two sketches: the estimated Jaccard similarity.</summary>
    public static double Similarity(ReadOnlySpan<uint> first, ReadOnlySpan<uint> second)
    {
        int equal = 0;
        for (int i = 0; i < first.Length; i++)
        {
            equal += first[i] == second[i] ? 1 : 0;
        }

        return (double)equal / first.Length;
    }

    /// <summary>The finaliser of MurmurHash3 (Appleby 2011): spreads the bits of a hash before an affine function.</summary>
    private static uint Mix(uint hash)
    {
        unchecked
        {
            hash ^= hash >> 16;
            hash *= 0x85EBCA6B;
            hash ^= hash >> 13;
            hash *= 0xC2B2AE35;
            return hash ^ (hash >> 16);
        }
    }

    private void AddAffine(uint hash, Span<uint> sketch)
    {
        int width = Vector<uint>.Count;
        int whole = Functions - (Functions % width);
        Span<Vector<uint>> best = MemoryMarshal.Cast<uint, Vector<uint>>(sketch[..whole]);
        ReadOnlySpan<Vector<uint>> a = MemoryMarshal.Cast<uint, Vector<uint>>(_a32.AsSpan(0, whole));
        ReadOnlySpan<Vector<uint>> b = MemoryMarshal.Cast<uint, Vector<uint>>(_b32.AsSpan(0, whole));
        var wide = new Vector<uint>(hash);
        for (int i = 0; i < best.Length; i++)
        {
            best[i] = Vector.Min(best[i], (a[i] * wide) + b[i]);
        }

        for (int i = whole; i < Functions; i++)
        {
            sketch[i] = Math.Min(sketch[i], unchecked((_a32[i] * hash) + _b32[i]));
        }
    }

    private void AddLegacy(uint hash, Span<uint> sketch)
    {
        for (int i = 0; i < sketch.Length; i++)
        {
            // The sum wraps in 64 bits before the modulus, as it does there.
            sketch[i] = Math.Min(sketch[i], (uint)(unchecked((_a64[i] * hash) + _b64[i]) % MersennePrime));
        }
    }
}
