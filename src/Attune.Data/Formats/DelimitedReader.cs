using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Data.Rows;
using CsvHelper;
using CsvHelper.Configuration;

namespace Attune.Data.Formats;

/// <summary>Rows of a file with delimiters (RFC 4180) through CsvHelper: quoted fields may hold delimiters, quotes and line breaks.</summary>
/// <remarks>
/// The bytes go through CsvHelper as Latin-1, one character a byte, which its ASCII delimiters and quotes do not notice; each field is then decoded
/// strictly. So a bad byte costs its row and has a place, and limits in characters are limits in bytes.
/// </remarks>
internal sealed class DelimitedReader
{
    private readonly DataFile _file;
    private readonly DataFileOptions _options;
    private readonly char _delimiter;
    private readonly ArrayBufferWriter<byte> _json = new();
    private string? _badField;

    public DelimitedReader(DataFile file, DataFileOptions options, char delimiter)
    {
        _file = file;
        _options = options;
        _delimiter = delimiter;
    }

    public IEnumerable<DataRow> Read()
    {
        using var characters = new LimitedReader(_file, _options.MaxRowBytes);
        // Excel names the delimiter in a first line of its own.
        char? named = characters.PassDelimiterLine();
        long linesBefore = named is null ? 0 : 1;
        using var parser = new CsvParser(characters, Configuration(_options.Delimiter ?? (named ?? _delimiter).ToString()));
        string[]? header = _options.ColumnNames is { } names ? Header(names, 1) : null;
        while (Next(parser, characters, linesBefore))
        {
            long line = linesBefore + parser.RawRow - InnerLineBreaks(parser.RawRecord);
            string[] fields = parser.Record!;
            if (Problem(parser) is { } problem)
            {
                if (header is null)
                {
                    throw DataException.AtRow(_file.Name, line, problem.Reason, problem.Detail);
                }

                yield return DataRow.Bad(_file.Name, line, problem.Reason, problem.Detail);
            }
            else if (header is null)
            {
                header = Header(Decode(fields, line), line);
            }
            else
            {
                yield return Row(header, fields, line);
            }
        }
    }

    private CsvConfiguration Configuration(string delimiter) => new(CultureInfo.InvariantCulture)
    {
        Delimiter = delimiter,
        DetectDelimiter = false,
        HasHeaderRecord = false,
        Mode = _options.Quoting == "none" ? CsvMode.NoEscape : CsvMode.RFC4180,
        IgnoreBlankLines = true,
        BadDataFound = args => _badField ??= args.Field,
        LineBreakInQuotedFieldIsBadData = false,
        MaxFieldSize = _options.MaxRowBytes,
    };

    private bool Next(CsvParser parser, LimitedReader characters, long linesBefore)
    {
        _badField = null;
        characters.NewRow();
        long line = linesBefore + parser.RawRow + 1;
        try
        {
            return parser.Read();
        }
        catch (MaxFieldSizeException e)
        {
            throw TooLong(line, e);
        }
        catch (RowTooLongException e)
        {
            throw TooLong(line, e);
        }
    }

    // What follows an endless row is inside or outside quotes, nobody knows: the file ends here, whatever on_bad_rows says.
    private DataException TooLong(long line, Exception e) => DataException.AtRow(
        _file.Name, line, "the row is too long", $"more than max_row_bytes = {_options.MaxRowBytes}; a quote that is not closed? Then say quoting: none", e);

    private (string Reason, string Detail)? Problem(CsvParser parser)
    {
        // CsvHelper calls any quote in an unquoted field bad; RFC 4180 readers take it as it stands.
        if (_badField is not { } field || !field.StartsWith('"'))
        {
            return null;
        }

        string shown = field.Length > 40 ? field[..40] + "..." : field;
        return parser.RawRecord.Count(c => c == '"') % 2 == 1
            ? ("a quoted field is not closed", $"it begins {shown.ReplaceLineEndings(" ")}; if quotes are text here, say quoting: none")
            : ("text stands after the closing quote of a field", $"{shown.ReplaceLineEndings(" ")}; double the quotes inside, or say quoting: none");
    }

    private DataRow Row(string[] header, string[] fields, long line)
    {
        if (fields.Length != header.Length)
        {
            return DataRow.Bad(_file.Name, line, "wrong number of fields", $"expected {header.Length} ({string.Join(", ", header)}), found {fields.Length}{DelimiterHint.Of(header)}");
        }

        _json.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_json))
        {
            writer.WriteStartObject();
            for (int i = 0; i < fields.Length; i++)
            {
                if (TryDecode(fields[i], out string text) is { } wrong)
                {
                    return DataRow.Bad(_file.Name, line, Utf8Check.Reason, $"column '{header[i]}', {wrong}");
                }

                writer.WriteString(header[i], text);
            }

            writer.WriteEndObject();
        }

        return new DataRow(_file.Name, line, JsonElement.Parse(_json.WrittenSpan));
    }

    private string[] Header(string[] names, long line)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw DataException.AtRow(_file.Name, line, $"two columns have the name '{twice.Key}'; rename one, or name all of them with column_names");
        }

        return names;
    }

    private string[] Decode(string[] fields, long line)
    {
        string[] result = new string[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            if (TryDecode(fields[i], out result[i]) is { } wrong)
            {
                throw DataException.AtRow(_file.Name, line, Utf8Check.Reason, wrong);
            }
        }

        return result;
    }

    /// <summary>Null and the text when the field's bytes are in the encoding; else what is wrong.</summary>
    private string? TryDecode(string field, out string text)
    {
        text = field;
        if (_options.Encoding == "latin-1" || Ascii.IsValid(field))
        {
            return null;
        }

        byte[] bytes = Encoding.Latin1.GetBytes(field);
        string? wrong = Utf8Check.Find(bytes, mayBeLatin1: true);
        text = wrong is null ? Encoding.UTF8.GetString(bytes) : string.Empty;
        return wrong;
    }

    /// <summary>Line breaks in a record but for the one that ends it; CsvHelper counts the line that a record ends on.</summary>
    private static int InnerLineBreaks(string record)
    {
        int breaks = 0;
        for (int i = 0; i < record.Length - 1; i++)
        {
            breaks += record[i] == '\n' || (record[i] == '\r' && record[i + 1] != '\n') ? 1 : 0;
        }

        return breaks;
    }

    private sealed class RowTooLongException : Exception;

    /// <summary>The file's bytes as characters; throws when one row takes more of them than the limit.</summary>
    private sealed class LimitedReader(DataFile file, int maxRowBytes) : TextReader
    {
        private readonly ByteReader _bytes = new(file, 1 << 16);
        private long _sinceRow;

        public void NewRow() => _sinceRow = 0;

        /// <summary>Passes over a first line <c>sep=X</c> and gives the delimiter; null when there is none.</summary>
        public char? PassDelimiterLine()
        {
            const int Length = 5;
            ReadOnlySpan<byte> start = _bytes.Window;
            if (start.Length < Length || !Ascii.EqualsIgnoreCase(start[..(Length - 1)], "sep="u8) || !Ascii.IsValid(start[Length - 1]))
            {
                return null;
            }

            char delimiter = (char)start[Length - 1];
            int end = start[Length..] switch
            {
                [(byte)'\r', (byte)'\n', ..] => 2,
                [(byte)'\r' or (byte)'\n', ..] => 1,
                _ => 0,
            };
            if (end == 0 || delimiter is '"' or '\r' or '\n' or '\0')
            {
                return null;
            }

            _bytes.Advance(Length + end);
            return delimiter;
        }

        public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

        public override int Read(Span<char> buffer)
        {
            if (_bytes.Window.IsEmpty)
            {
                _bytes.ReadMore();
            }

            int taken = Math.Min(buffer.Length, _bytes.Window.Length);
            Encoding.Latin1.GetChars(_bytes.Window[..taken], buffer);
            _bytes.Advance(taken);
            _sinceRow += taken;
            return _sinceRow - buffer.Length > maxRowBytes ? throw new RowTooLongException() : taken;
        }

        public override int Peek() => _bytes.Window.IsEmpty && !_bytes.ReadMore() ? -1 : _bytes.Window[0];

        public override int Read()
        {
            Span<char> one = stackalloc char[1];
            return Read(one) == 0 ? -1 : one[0];
        }

        protected override void Dispose(bool disposing)
        {
            _bytes.Dispose();
            base.Dispose(disposing);
        }
    }
}
