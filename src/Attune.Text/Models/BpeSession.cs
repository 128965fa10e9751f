using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Models;

/// <summary>A BPE model in use by one thread.</summary>
internal sealed class BpeSession(BpeModel model, bool byteLevel) : IModelSession
{
    private readonly BpeMerger _merger = new(model.Merges);
    private readonly WordCache _cache = new();
    private byte[] _spelling = new byte[64];
    private int _unknownBytes;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        ulong hash = ByteHash.Of(piece);
        if (_cache.TryAdd(piece, hash, offset, tokens))
        {
            return;
        }

        int from = tokens.Count;
        TokenizeAnew(piece, offset, tokens);
        _cache.Remember(piece, hash, offset, tokens, from);
    }

    private void TokenizeAnew(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        if (model.IgnoreMerges)
        {
            int whole = model.Vocabulary.Find(byteLevel ? Spell(piece) : piece);
            if (whole >= 0)
            {
                tokens.Add(whole, offset, offset + piece.Length);
                return;
            }
        }

        _merger.Clear();
        _unknownBytes = 0;
        if (byteLevel)
        {
            foreach (byte value in piece)
            {
                _merger.Add(model.ByteLevelIds[value], 1);
            }
        }
        else
        {
            for (int i = 0; i < piece.Length;)
            {
                Utf8.Decode(piece, i, out int size);
                ReadOnlySpan<byte> character = piece.Slice(i, size);
                AddCharacter(model.Vocabulary.Find(Decorate(character, i == 0, i + size == piece.Length)), character);
                i += size;
            }
        }

        AddUnknown();
        _merger.Merge(offset, tokens);
    }

    private void AddCharacter(int id, ReadOnlySpan<byte> character)
    {
        if (id >= 0)
        {
            AddUnknown();
            _merger.Add(id, character.Length);
            return;
        }

        if (HasAllBytes(character))
        {
            AddUnknown();
            foreach (byte value in character)
            {
                _merger.Add(model.ByteIds[value], 1);
            }

            return;
        }

        // Without an unknown token the character vanishes and, as in the reference, its bytes are not counted.
        if (model.UnknownId >= 0)
        {
            if (!model.FuseUnknown)
            {
                AddUnknown();
            }

            _unknownBytes += character.Length;
        }
    }

    private void AddUnknown()
    {
        if (_unknownBytes > 0)
        {
            _merger.Add(model.UnknownId, _unknownBytes);
            _unknownBytes = 0;
        }
    }

    private bool HasAllBytes(ReadOnlySpan<byte> character)
    {
        foreach (byte value in character)
        {
            if (model.ByteIds[value] < 0)
            {
                return false;
            }
        }

        return true;
    }

    private ReadOnlySpan<byte> Decorate(ReadOnlySpan<byte> character, bool first, bool last)
    {
        ReadOnlySpan<byte> prefix = first ? default : model.Prefix;
        ReadOnlySpan<byte> suffix = last ? model.Suffix : default;
        if (prefix.IsEmpty && suffix.IsEmpty)
        {
            return character;
        }

        Reserve(prefix.Length + character.Length + suffix.Length);
        prefix.CopyTo(_spelling);
        character.CopyTo(_spelling.AsSpan(prefix.Length));
        suffix.CopyTo(_spelling.AsSpan(prefix.Length + character.Length));
        return _spelling.AsSpan(0, prefix.Length + character.Length + suffix.Length);
    }

    private ReadOnlySpan<byte> Spell(ReadOnlySpan<byte> piece)
    {
        Reserve(2 * piece.Length);
        int length = 0;
        foreach (byte value in piece)
        {
            length += Utf8.Encode(ByteAlphabet.ToCharacter(value), _spelling.AsSpan(length));
        }

        return _spelling.AsSpan(0, length);
    }

    private void Reserve(int length)
    {
        if (_spelling.Length < length)
        {
            _spelling = new byte[2 * length];
        }
    }
}
