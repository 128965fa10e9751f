using System.Buffers;
using System.Text;
using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Plain text: a row <c>{"text": ...}</c> for every line that is not blank, every paragraph, or the whole file.</summary>
public sealed class TextFormat : IDataFormat
{
    /// <inheritdoc/>
    public string Key => "txt";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".txt", ".text"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options)
    {
        using var lines = new LineReader(file, options.MaxRowBytes);
        var row = new ArrayBufferWriter<byte>();
        long first = 0;
        bool tooLong = false;
        while (lines.Next())
        {
            bool blank = !lines.IsTooLong && !lines.Line.ContainsAnyExcept(" \t\r"u8);
            bool begins = row.WrittenCount == 0 && !tooLong;
            if (blank && (begins || options.SampleBy == "paragraph"))
            {
                // Blank lines stand before, between and after rows; inside a document they are text.
                if (!begins && Finish() is { } paragraph)
                {
                    yield return paragraph;
                }

                continue;
            }

            first = begins ? lines.Number : first;
            tooLong |= lines.IsTooLong || row.WrittenCount + (long)lines.Line.Length + 1 > options.MaxRowBytes + 1L;
            if (!tooLong)
            {
                if (!begins)
                {
                    row.Write("\n"u8);
                }

                row.Write(lines.Line.TrimEnd((byte)'\r'));
            }

            if (options.SampleBy == "line" && Finish() is { } line)
            {
                yield return line;
            }
        }

        if (Finish() is { } last)
        {
            yield return last;
        }

        DataRow? Finish()
        {
            DataRow? result = tooLong
                ? DataRow.Bad(file.Name, first, $"the {options.SampleBy} is too long", $"more than max_row_bytes = {options.MaxRowBytes}")
                : row.WrittenCount > 0 ? Row(file.Name, first, row.WrittenSpan, options.Encoding) : null;
            row.ResetWrittenCount();
            tooLong = false;
            return result;
        }
    }

    private static DataRow Row(string file, long line, ReadOnlySpan<byte> bytes, string encoding)
    {
        if (encoding == "latin-1")
        {
            bytes = Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(bytes));
        }
        else if (Utf8Check.Find(bytes, mayBeLatin1: true) is { } wrong)
        {
            return DataRow.Bad(file, line, Utf8Check.Reason, wrong);
        }

        var json = new ArrayBufferWriter<byte>(bytes.Length + 16);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("text"u8, bytes);
            writer.WriteEndObject();
        }

        return new DataRow(file, line, JsonElement.Parse(json.WrittenSpan));
    }
}
