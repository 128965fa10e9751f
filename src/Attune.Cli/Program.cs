using Attune.Cli;

return new ToolHost(Console.Out, Console.Error).Run(args);
