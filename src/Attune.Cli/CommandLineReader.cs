using System.CommandLine;
using Attune.Cli.Options;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Attune.Cli;

/// <summary>Reads command lines: every key of a command's options is an option, in the spellings <c>--max-steps</c> and <c>--max_steps</c>.</summary>
internal static class CommandLineReader
{
    private static readonly ParserConfiguration Configuration = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>Reads the words behind a command.</summary>
    /// <exception cref="UsageException">An option is unknown, or lacks its value or has a wrong one.</exception>
    public static OptionValues Read(ToolCommand command, IReadOnlyList<string> words)
    {
        OptionsSchema schema = command.Schema;
        var parser = new Command(command.Name.Replace(' ', '-'));
        Dictionary<OptionKey, Option> options = schema.Keys.ToDictionary(key => key, Create);
        foreach (Option option in options.Values)
        {
            parser.Options.Add(option);
        }

        var operands = new Argument<string[]>("operands") { Arity = ArgumentArity.ZeroOrMore };
        parser.Arguments.Add(operands);
        ParseResult result = parser.Parse([.. words.Select(word => Normalize(word, schema))], Configuration);
        if (result.Errors.Count > 0)
        {
            throw new UsageException(result.Errors[0].Message);
        }

        var values = new OptionValues(schema);
        ReadOperands(command, result.GetResult(operands)?.Tokens.Select(token => token.Value) ?? [], values);
        foreach ((OptionKey key, Option option) in options)
        {
            if (result.GetResult(option) is { Implicit: false } given)
            {
                if (values.Has(key.Name))
                {
                    throw new UsageException($"{key.Flag} is given twice, once without its name");
                }

                // A list takes all words behind it, so a misspelt option would silently become one of its values.
                if (OptionValue.IsList(key.Type) && given.Tokens.FirstOrDefault(token => IsFlag(token.Value)) is { } flag)
                {
                    throw UnknownOption(command, flag.Value);
                }

                Set(values, key, [.. given.Tokens.Select(token => token.Value)]);
            }
        }

        return values;
    }

    private static void ReadOperands(ToolCommand command, IEnumerable<string> words, OptionValues values)
    {
        int count = 0;
        foreach (string word in words)
        {
            if (IsFlag(word))
            {
                throw UnknownOption(command, word);
            }

            if (count == command.Operands.Count)
            {
                throw new UsageException($"'{word}' is one word too many; attune {command.Name} --help says what it takes");
            }

            Set(values, command.Schema.Find(command.Operands[count++])!, [word]);
        }
    }

    private static bool IsFlag(string word) => word.StartsWith("--", StringComparison.Ordinal);

    private static UsageException UnknownOption(ToolCommand command, string word)
    {
        string name = word[2..].Split('=')[0];
        return new UsageException($"unknown option '--{name}'" + (command.Schema.Nearest(name) is { } nearest
            ? $"; did you mean '{OptionKey.ToFlag(nearest)}'?"
            : $"; attune {command.Name} --help lists the options"));
    }

    private static void Set(OptionValues values, OptionKey key, IReadOnlyList<string> words)
    {
        try
        {
            values.Read(key, ToNode(key, words));
        }
        catch (OptionValueException error)
        {
            throw new UsageException($"{key.Flag}: {error.Message}");
        }
        catch (YamlException error)
        {
            throw new UsageException($"{key.Flag}: expected {OptionValue.Describe(key.Type)}, found '{string.Join(' ', words)}' ({error.Message})");
        }
    }

    private static YamlNode ToNode(OptionKey key, IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return new YamlScalarNode("true");
        }

        if (OptionValue.IsMapping(key.Type))
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(words[0]));
            return yaml.Documents.Count == 1 ? yaml.Documents[0].RootNode : new YamlScalarNode(words[0]);
        }

        // Words of a command line are texts as they are; only a number or a truth value may be "null".
        ScalarStyle style = key.Type == typeof(string) || OptionValue.IsList(key.Type) ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain;
        return words.Count == 1
            ? new YamlScalarNode(words[0]) { Style = style }
            : new YamlSequenceNode(words.Select(word => new YamlScalarNode(word) { Style = style }));
    }

    private static Option Create(OptionKey key)
    {
        string[] aliases = key.Alias is null ? [] : [OptionKey.ToFlag(key.Alias)];
        return (Nullable.GetUnderlyingType(key.Type) ?? key.Type) == typeof(bool) ? new Option<bool>(key.Flag, aliases)
            : OptionValue.IsList(key.Type) ? new Option<string[]>(key.Flag, aliases) { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true }
            : new Option<string>(key.Flag, aliases);
    }

    private static string Normalize(string word, OptionsSchema schema)
    {
        if (!IsFlag(word))
        {
            return word;
        }

        int end = word.IndexOf('=');
        string name = end < 0 ? word[2..] : word[2..end];
        return schema.Find(name) is null ? word : OptionKey.ToFlag(name) + (end < 0 ? "" : word[end..]);
    }
}
