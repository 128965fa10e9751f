namespace Attune.Text.SentencePiece;

/// <summary>What a piece of a SentencePiece vocabulary is; the values are those of the file and of GGUF.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>How a SentencePiece model cuts; the values are those of the file.</summary>
internal enum SegmentationType
{
    Unigram = 1,
    Bpe = 2,
    Word = 3,
    Character = 4,
}

/// <summary>A piece of a SentencePiece vocabulary.</summary>
internal readonly record struct VocabularyPiece(string Text, float Score, PieceType Type);

/// <summary>The content of a SentencePiece model.</summary>
/// <remarks>Source of field numbers and defaults: sentencepiece, sentencepiece_model.proto.</remarks>
internal sealed record SentencePieceFile(IReadOnlyList<VocabularyPiece> Pieces)
{
    /// <summary>How it cuts.</summary>
    public SegmentationType Type { get; init; } = SegmentationType.Unigram;

    /// <summary>Whether unknown characters become byte pieces.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether blanks end words instead of starting them.</summary>
    public bool BlankIsSuffix { get; init; }

    /// <summary>Whether words may consist of several blanks.</summary>
    public bool AllowBlankPieces { get; init; }

    /// <summary>What an unknown token is decoded to.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>Id of the token that begins a text; negative for none.</summary>
    public int BeginId { get; init; } = 1;

    /// <summary>Id of the token that ends a text; negative for none.</summary>
    public int EndId { get; init; } = 2;

    /// <summary>The compiled character map; empty for none.</summary>
    public byte[] CharacterMap { get; init; } = [];

    /// <summary>Whether a blank is put before the text.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether blanks at the ends go and runs of them become one.</summary>
    public bool RemoveExtraBlanks { get; init; } = true;

    /// <summary>Whether blanks are written as U+2581.</summary>
    public bool EscapeBlanks { get; init; } = true;

    /// <summary>Reads the content of a file.</summary>
    /// <exception cref="TextException">It is no SentencePiece model.</exception>
    public static SentencePieceFile Parse(ReadOnlySpan<byte> content, string file)
    {
        var pieces = new List<VocabularyPiece>();
        var result = new SentencePieceFile(pieces);
        var reader = new ProtobufReader(content, 0, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(reader.ReadMessage()));
                    break;
                case 2:
                    result = ReadTrainer(reader.ReadMessage(), result);
                    break;
                case 3:
                    result = ReadNormalizer(reader.ReadMessage(), result);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return pieces.Count > 0 ? result : throw new TextException($"{file}: expected a SentencePiece model, found no pieces in it");
    }

    private static VocabularyPiece ReadPiece(ProtobufReader reader)
    {
        string text = "";
        float score = 0;
        var type = PieceType.Normal;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    text = reader.ReadString();
                    break;
                case 2:
                    score = reader.ReadSingle();
                    break;
                case 3:
                    type = (PieceType)reader.ReadInt32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return text.Length == 0 ? throw reader.Error("expected a piece with text, found an empty one")
            : !Enum.IsDefined(type) ? throw reader.Error($"piece '{text}' has type {(int)type}; expected 1 to 6")
            : new VocabularyPiece(text, score, type);
    }

    private static SentencePieceFile ReadTrainer(ProtobufReader reader, SentencePieceFile file)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    var type = (SegmentationType)reader.ReadInt32();
                    file = file with { Type = Enum.IsDefined(type) ? type : throw reader.Error($"the model type is {(int)type}; expected 1 (unigram), 2 (BPE), 3 (word) or 4 (character)") };
                    break;
                case 24:
                    file = file with { BlankIsSuffix = reader.ReadBoolean() };
                    break;
                case 26:
                    file = file with { AllowBlankPieces = reader.ReadBoolean() };
                    break;
                case 35:
                    file = file with { ByteFallback = reader.ReadBoolean() };
                    break;
                case 41:
                    file = file with { BeginId = reader.ReadInt32() };
                    break;
                case 42:
                    file = file with { EndId = reader.ReadInt32() };
                    break;
                case 44:
                    file = file with { UnknownSurface = reader.ReadString() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return file;
    }

    private static SentencePieceFile ReadNormalizer(ProtobufReader reader, SentencePieceFile file)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    file = file with { CharacterMap = reader.ReadBytes().ToArray() };
                    break;
                case 3:
                    file = file with { AddDummyPrefix = reader.ReadBoolean() };
                    break;
                case 4:
                    file = file with { RemoveExtraBlanks = reader.ReadBoolean() };
                    break;
                case 5:
                    file = file with { EscapeBlanks = reader.ReadBoolean() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return file;
    }
}
