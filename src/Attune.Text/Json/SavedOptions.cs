namespace Attune.Text.Json;

/// <summary>The members <c>truncation</c> and <c>padding</c> of tokenizer.json.</summary>
internal static class SavedOptions
{
    /// <summary>Reads both; what is missing is not done.</summary>
    public static EncodeOptions Read(JsonView json) => new()
    {
        Truncation = json["truncation"] is { IsAbsent: false } truncation ? ReadTruncation(truncation) : null,
        Padding = json["padding"] is { IsAbsent: false } padding ? ReadPadding(padding) : null,
    };

    private static TruncationOptions ReadTruncation(JsonView json) => new()
    {
        MaxLength = json["max_length"].AsCount(),
        Stride = json["stride"].AsCount(),
        Strategy = ReadName<TruncationStrategy>(json["strategy"]),
        Side = json["direction"] is { IsAbsent: false } side ? ReadName<TextSide>(side) : TextSide.Right,
    };

    private static PaddingOptions ReadPadding(JsonView json)
    {
        JsonView strategy = json["strategy"];
        if (strategy.IsString && strategy.AsString() != "BatchLongest")
        {
            throw strategy.Error($"expected 'BatchLongest' or an object with 'Fixed', found '{strategy.AsString()}'");
        }

        // A multiple of zero means none, as in the reference.
        int multiple = json["pad_to_multiple_of"] is { IsAbsent: false } given ? given.AsCount() : 0;
        return new PaddingOptions
        {
            Length = strategy.IsString ? null : strategy["Fixed"].AsCount(),
            MultipleOf = multiple == 0 ? null : multiple,
            PadId = json["pad_id"].AsCount(),
            PadTypeId = json["pad_type_id"].AsCount(),
            Side = json["direction"] is { IsAbsent: false } side ? ReadName<TextSide>(side) : TextSide.Right,
        };
    }

    private static T ReadName<T>(JsonView json)
        where T : struct, Enum => Array.IndexOf(Enum.GetNames<T>(), json.AsString()) is >= 0 and int index
            ? Enum.GetValues<T>()[index]
            : throw json.Error($"expected one of {string.Join(", ", Enum.GetNames<T>())}, found '{json.AsString()}'");
}
