using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Attune.Cli.Options;

/// <summary>Reads recipes: YAML files with one key per option.</summary>
internal static class RecipeFile
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 8;

    /// <summary>Reads a file's values.</summary>
    /// <exception cref="UsageException">The file cannot be read, is not YAML, has an unknown key or a wrong value; the message names the line.</exception>
    public static void Read(string path, OptionValues values)
    {
        foreach ((YamlNode name, YamlNode value) in Root(path, ReadText(path)).Children)
        {
            string place = $"{path}, line {name.Start.Line}";
            if (name is not YamlScalarNode { Value: { } key })
            {
                throw new UsageException($"{place}: expected a key such as max_steps, found a list or a mapping");
            }

            // Hyphens belong to the command line; recipes have one spelling.
            OptionKey option = (key.Contains('-') ? null : values.Schema.Find(key)) ?? throw new UsageException(
                $"{place}: unknown key '{key}'" + (values.Schema.Nearest(key) is { } nearest ? $"; did you mean '{nearest}'?" : "; attune train --help lists the keys"));
            if (values.Has(option.Name))
            {
                throw new UsageException($"{place}: '{key}' is given twice");
            }

            try
            {
                values.Read(option, value);
            }
            catch (OptionValueException error)
            {
                throw new UsageException($"{path}, line {error.Node.Start.Line}: {key}: {error.Message}");
            }
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return !file.Exists ? throw new UsageException(Directory.Exists(path) ? $"{path}: expected a recipe file, found a folder" : $"{path}: there is no such recipe")
                : file.Length > MaxBytes ? throw new UsageException($"{path}: expected a recipe of at most {MaxBytes} bytes, found {file.Length}")
                : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
        }
        catch (ArgumentException)
        {
            throw new UsageException($"{path}: expected YAML in UTF-8, found bytes that are not");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: the recipe cannot be read: {error.Message}");
        }
    }

    private static YamlMappingNode Root(string path, string text)
    {
        try
        {
            CheckDepth(path, text);
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents.Count switch
            {
                0 => throw new UsageException($"{path}: the recipe is empty; expected lines such as 'model: PATH'"),
                1 when yaml.Documents[0].RootNode is YamlMappingNode root => root,
                1 => throw new UsageException($"{path}, line {yaml.Documents[0].RootNode.Start.Line}: expected lines such as 'model: PATH', found something else"),
                int more => throw new UsageException($"{path}: expected one YAML document, found {more}"),
            };
        }
        catch (YamlException error)
        {
            throw new UsageException($"{path}, line {error.Start.Line}: not valid YAML: {error.Message}");
        }
    }

    // The tree is built by recursion, so its depth is limited before.
    private static void CheckDepth(string path, string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (parser.Current is AnchorAlias or MappingStart or SequenceStart && depth > MaxDepth)
            {
                throw new UsageException($"{path}, line {parser.Current.Start.Line}: lists and mappings are nested more than {MaxDepth} deep");
            }
        }
    }
}
