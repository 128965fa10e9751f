using System.Globalization;
using Attune.Text.Models;

namespace Attune.Text.SentencePiece;

/// <summary>The pieces of a SentencePiece model by id and by text, with their types and scores.</summary>
internal sealed class SentencePieceVocabulary
{
    private readonly Dictionary<string, byte> _bytes = new(StringComparer.Ordinal);

    /// <summary>Makes the vocabulary.</summary>
    /// <exception cref="TextException">A piece is given twice, or none or several are unknown pieces.</exception>
    public SentencePieceVocabulary(IReadOnlyList<VocabularyPiece> pieces, bool byteFallback, string place)
    {
        Pieces = pieces;
        Table = new TokenTable([.. pieces.Select((piece, id) => (piece.Text, id))], place + ": pieces");
        int[] unknown = [.. Enumerable.Range(0, pieces.Count).Where(id => pieces[id].Type == PieceType.Unknown)];
        UnknownId = unknown.Length == 1 ? unknown[0] : throw new TextException($"{place}: expected one unknown piece, found {unknown.Length}");
        for (int i = 0; i < 256; i++)
        {
            string spelling = string.Create(CultureInfo.InvariantCulture, $"<0x{i:X2}>");
            int id = Table.Find(spelling);
            bool isByte = id >= 0 && pieces[id].Type == PieceType.Byte;
            if (isByte)
            {
                _bytes.Add(spelling, (byte)i);
            }
            else if (byteFallback)
            {
                throw new TextException($"{place}: byte fallback needs 256 byte pieces, but {spelling} is missing");
            }

            ByteIds[i] = byteFallback ? id : -1;
        }

        for (int id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Type == PieceType.UserDefined)
            {
                UserDefined.Add(Table[id], id);
            }
        }
    }

    /// <summary>The pieces by id.</summary>
    public IReadOnlyList<VocabularyPiece> Pieces { get; }

    /// <summary>The pieces by text.</summary>
    public TokenTable Table { get; }

    /// <summary>Id of the unknown piece.</summary>
    public int UnknownId { get; }

    /// <summary>Ids of the byte pieces; -1 without byte fallback.</summary>
    public int[] ByteIds { get; } = new int[256];

    /// <summary>The bytes that byte pieces stand for.</summary>
    public IReadOnlyDictionary<string, byte> Bytes => _bytes;

    /// <summary>The user-defined pieces by their prefixes.</summary>
    public ByteTrie UserDefined { get; } = new();

    /// <summary>Whether a piece can be a part of text.</summary>
    public bool IsOfText(int id) => Pieces[id].Type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;
}
