using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Attune.Text.Models;

/// <summary>The tokens of a vocabulary in UTF-8: bytes by id and id by bytes, without a string per token.</summary>
internal sealed class TokenTable
{
    private readonly byte[] _blob;
    private readonly int[] _offsets;
    private readonly bool[] _present;
    private readonly int[] _slots;
    private readonly int _mask;

    /// <summary>Makes a table of tokens; ids may leave gaps.</summary>
    /// <param name="tokens">Tokens with their ids.</param>
    /// <param name="place">Where the vocabulary stands, for errors.</param>
    /// <exception cref="TextException">An id is negative, far beyond the number of tokens, or given twice; a token is given twice.</exception>
    public TokenTable(IReadOnlyList<(string Token, int Id)> tokens, string place)
    {
        Count = tokens.Count;
        int size = SizeOf(tokens, place);
        int[] byId = new int[size];
        long bytes = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            (string token, int id) = tokens[i];
            if (byId[id] != 0)
            {
                throw new TextException($"{place}: id {id} is given to '{tokens[byId[id] - 1].Token}' and to '{token}'; every token needs an id of its own");
            }

            byId[id] = i + 1;
            bytes += System.Text.Encoding.UTF8.GetByteCount(token);
        }

        _blob = new byte[bytes];
        _offsets = new int[size + 1];
        _present = new bool[size];
        _mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(8, 2 * tokens.Count)) - 1;
        _slots = new int[_mask + 1];
        int position = 0;
        for (int id = 0; id < size; id++)
        {
            _offsets[id] = position;
            if (byId[id] != 0)
            {
                string token = tokens[byId[id] - 1].Token;
                position += System.Text.Encoding.UTF8.GetBytes(token, _blob.AsSpan(position));
                _offsets[id + 1] = position;
                _present[id] = true;
                Insert(id, place);
            }
        }

        _offsets[size] = position;
    }

    /// <summary>Number of tokens.</summary>
    public int Count { get; }

    /// <summary>One more than the highest id.</summary>
    public int Size => _present.Length;

    /// <summary>Whether an id has a token.</summary>
    public bool Has(int id) => (uint)id < (uint)_present.Length && _present[id];

    /// <summary>The bytes of a token; empty for an id without token.</summary>
    public ReadOnlySpan<byte> this[int id] => Has(id) ? _blob.AsSpan(_offsets[id].._offsets[id + 1]) : default;

    /// <summary>The bytes of a token; empty for an id without token.</summary>
    public ReadOnlyMemory<byte> Memory(int id) => Has(id) ? _blob.AsMemory(_offsets[id].._offsets[id + 1]) : default;

    /// <summary>The id of a token; -1 when there is none.</summary>
    public int Find(ReadOnlySpan<byte> token)
    {
        for (int slot = (int)ByteHash.Of(token) & _mask; ; slot = (slot + 1) & _mask)
        {
            int id = _slots[slot] - 1;
            if (id < 0)
            {
                return -1;
            }

            if (_blob.AsSpan(_offsets[id].._offsets[id + 1]).SequenceEqual(token))
            {
                return id;
            }
        }
    }

    /// <summary>The id of a token; -1 when there is none.</summary>
    public int Find(string token) => Find(System.Text.Encoding.UTF8.GetBytes(token));

    /// <summary>The token of an id; null when there is none.</summary>
    public string? ToText(int id) => Has(id) ? System.Text.Encoding.UTF8.GetString(this[id]) : null;

    /// <summary>Writes the tokens with their ids as an object of tokenizer.json.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        for (int id = 0; id < Size; id++)
        {
            if (Has(id))
            {
                json.WriteNumber(this[id], id);
            }
        }

        json.WriteEndObject();
    }

    private static int SizeOf(IReadOnlyList<(string Token, int Id)> tokens, string place)
    {
        // Arrays are as long as the highest id, so a file of a few bytes must not name a huge one.
        long limit = (4L * tokens.Count) + 65_536;
        int highest = -1;
        foreach ((string token, int id) in tokens)
        {
            if (id < 0 || id >= limit)
            {
                throw new TextException($"{place}: token '{token}' has id {id}; expected an id from 0 to {limit - 1} for a vocabulary of {tokens.Count} tokens");
            }

            highest = Math.Max(highest, id);
        }

        return highest + 1;
    }

    private void Insert(int id, string place)
    {
        ReadOnlySpan<byte> token = this[id];
        int slot = (int)ByteHash.Of(token) & _mask;
        while (_slots[slot] != 0)
        {
            if (this[_slots[slot] - 1].SequenceEqual(token))
            {
                throw new TextException($"{place}: token '{ToText(id)}' has the ids {_slots[slot] - 1} and {id}; expected one id per token");
            }

            slot = (slot + 1) & _mask;
        }

        _slots[slot] = id + 1;
    }
}

/// <summary>Hash of short byte strings, seeded once per process so that no file can choose colliding keys.</summary>
internal static class ByteHash
{
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    /// <summary>The hash.</summary>
    public static ulong Of(ReadOnlySpan<byte> key)
    {
        ulong hash = Seed ^ (ulong)key.Length;
        while (key.Length > 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(key));
            key = key[8..];
        }

        ulong tail = 0;
        if (key.Length >= 4)
        {
            tail = BinaryPrimitives.ReadUInt32LittleEndian(key) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(key[^4..]) << 32);
        }
        else if (key.Length > 0)
        {
            tail = key[0] | ((ulong)key[key.Length / 2] << 8) | ((ulong)key[^1] << 16);
        }

        return Mix(hash ^ tail);
    }

    /// <summary>The hash of a number.</summary>
    public static ulong Of(ulong key) => Mix(key ^ Seed);

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, 0x9E37_79B9_7F4A_7C15UL ^ Seed, out ulong low);
        return high ^ low;
    }
}
