using System.Text.Json;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.SentencePiece;

/// <summary>The normaliser of SentencePiece: character map, blanks at the ends, a blank before the text, blanks as U+2581.</summary>
/// <remarks>
/// Source: sentencepiece, normalizer.cc. As there, the range of a character ends where that of the next one starts.
/// User-defined symbols are left as they are.
/// </remarks>
internal sealed class SentencePieceNormalizer : INormalizer
{
    private static readonly byte[] EscapedBlank = "\u2581"u8.ToArray();
    private static readonly byte[] PlainBlank = " "u8.ToArray();

    private readonly SentencePieceFile _file;
    private readonly CharacterMapTrie? _map;
    private readonly ByteTrie _userDefined;
    private readonly byte[] _blank;

    /// <summary>Makes the normaliser of a model.</summary>
    /// <exception cref="TextException">The character map is damaged.</exception>
    public SentencePieceNormalizer(SentencePieceFile file, ByteTrie userDefined, string place)
    {
        _file = file;
        _map = file.CharacterMap.Length > 0 ? new CharacterMapTrie(file.CharacterMap, place + ": normalizer_spec.precompiled_charsmap") : null;
        _userDefined = userDefined;
        _blank = file.EscapeBlanks ? EscapedBlank : PlainBlank;
    }

    /// <summary>The model that it normalises for.</summary>
    public SentencePieceFile File => _file;

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => text.IsEmpty;

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes[..end];
        int position = start;
        if (_file.RemoveExtraBlanks)
        {
            while (position < end && NormalizePrefix(text[position..], out ReadOnlySpan<byte> first) is var length && first.SequenceEqual(PlainBlank))
            {
                position += length;
            }

            if (position == end)
            {
                return;
            }
        }

        int from = target.Length;
        if (!_file.BlankIsSuffix && _file.AddDummyPrefix)
        {
            target.AppendOpen(_blank, source.Starts[position]);
        }

        bool afterBlank = _file.RemoveExtraBlanks;
        while (position < end)
        {
            int length = NormalizePrefix(text[position..], out ReadOnlySpan<byte> normalized);
            normalized = afterBlank ? normalized.TrimStart((byte)' ') : normalized;
            if (!normalized.IsEmpty)
            {
                AppendEscaped(normalized, source.Starts[position], target);
                afterBlank = _file.RemoveExtraBlanks && normalized[^1] == ' ';
            }

            position += length;
        }

        int last = source.Ends[end - 1];
        while (_file.RemoveExtraBlanks && target.Length - from >= _blank.Length && target.Bytes.EndsWith(_blank))
        {
            last = target.Starts[target.Length - _blank.Length];
            target.Truncate(target.Length - _blank.Length);
        }

        if (_file.BlankIsSuffix && _file.AddDummyPrefix)
        {
            target.AppendOpen(_blank, last);
        }

        target.Close(from, last);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => throw SentencePieceModel.CannotBeWritten();

    private void AppendEscaped(ReadOnlySpan<byte> text, int start, AlignedText target)
    {
        while (text.IndexOf((byte)' ') is >= 0 and int blank)
        {
            target.AppendOpen(text[..blank], start);
            target.AppendOpen(_blank, start);
            text = text[(blank + 1)..];
        }

        target.AppendOpen(text, start);
    }

    /// <summary>What the start of a text becomes; gives the number of bytes that it stands for.</summary>
    private int NormalizePrefix(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> normalized)
    {
        if (_userDefined.TryMatch(text, out int length, out _))
        {
            normalized = text[..length];
            return length;
        }

        normalized = default;
        length = _map is null ? 0 : _map.Match(text, longest: true, out normalized);
        if (length > 0)
        {
            return length;
        }

        Utf8.Decode(text, 0, out length);
        normalized = text[..length];
        return length;
    }
}
