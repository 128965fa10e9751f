using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary>The decoders that tokenizer.json can name.</summary>
internal static class KnownDecoders
{
    /// <summary>All of them.</summary>
    public static ComponentList<IDecoder> All { get; } = new("decoder")
    {
        { "BPEDecoder", BpeDecoder.Read },
        { "ByteFallback", ByteFallbackDecoder.Read },
        { "ByteLevel", ByteLevelDecoder.Read },
        { "CTC", CtcDecoder.Read },
        { "Fuse", FuseDecoder.Read },
        { "Metaspace", MetaspaceDecoder.Read },
        { "Replace", ReplaceDecoder.Read },
        { "Sequence", SequenceDecoder.Read },
        { "Strip", StripDecoder.Read },
        { "WordPiece", WordPieceDecoder.Read },
    };
}
