using System.Text.Json;

namespace Attune.Data.Rows;

/// <summary>A folder as <c>save_to_disk</c> of the <c>datasets</c> library writes it: Arrow files that <c>state.json</c> names, or a folder of such splits.</summary>
internal static class DatasetFolder
{
    private const string StateName = "state.json";
    private const string SplitsName = "dataset_dict.json";
    private const long MaxStateBytes = 16 << 20;

    /// <summary>The data files in their order.</summary>
    /// <exception cref="DataException">The folder is of another kind, damaged, or has several splits.</exception>
    public static IReadOnlyList<DataFile> Files(string folder)
    {
        if (File.Exists(Path.Combine(folder, StateName)))
        {
            return [.. Names(folder, StateName, "_data_files", "filename").Select(name => new DataFile(Path.Combine(folder, name)))];
        }

        if (!File.Exists(Path.Combine(folder, SplitsName)))
        {
            throw new DataException($"{folder}: expected a folder that datasets saved ({StateName} or {SplitsName}), found neither; name the data files in it.");
        }

        List<string> splits = Names(folder, SplitsName, "splits", null);
        return splits.Count == 1
            ? Files(Path.Combine(folder, splits[0]))
            : throw new DataException($"{folder}: the folder has the splits {string.Join(", ", splits)}; name one, such as {Path.Combine(folder, splits.FirstOrDefault() ?? "train")}.");
    }

    private static List<string> Names(string folder, string file, string list, string? key)
    {
        string path = Path.Combine(folder, file);
        try
        {
            if (new FileInfo(path).Length > MaxStateBytes)
            {
                throw new DataException($"{path}: expected at most {MaxStateBytes} bytes.");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            List<string> names = [];
            foreach (JsonElement entry in document.RootElement.GetProperty(list).EnumerateArray())
            {
                string? name = (key is null ? entry : entry.GetProperty(key)).GetString();
                names.Add(name is { Length: > 0 } && name == Path.GetFileName(name) && name is not ("." or "..")
                    ? name
                    : throw new DataException($"{path}: '{list}' names '{name}', expected the plain name of something in this folder."));
            }

            return names;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new DataException($"{path}: expected an object with the names of files under '{list}' ({e.Message}).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read ({e.Message}).", e);
        }
    }
}
