#:property PublishAot=false
#:property JsonSerializerIsReflectionEnabledByDefault=true
// Makes the text that models/attune-base is trained on: public sets under permissive licences, and text of this project's own from the grammars below.
// Run with: dotnet run recipes/attune-base/MakeCorpus.cs -- DATA_FOLDER OUTPUT_FOLDER
// DATA_FOLDER has the sets under the names that the model card gives. Everything is drawn from fixed seeds and ordered, so the files come out the same every time.
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

var options = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
string data = args[0];
string output = args[1];
Directory.CreateDirectory(output);

var train = new Corpus();
var heldOut = new Corpus();
var heldOutWritten = new Corpus();
Read();
var written = new WrittenText(new SplitMix(20261121));
for (int i = 0; i < 100_000; i++)
{
    written.Add(i % 50 == 0 ? heldOutWritten : train);
}

train.Write(output, "train", options);
foreach ((string name, Corpus corpus) in new[] { ("held-out", heldOut), ("held-out-written", heldOutWritten) })
{
    corpus.Remove(train);
    corpus.Write(output, name, options);
}

// The tokenizer learns from what the model will read, a line at a time.
File.WriteAllLines(Path.Combine(output, "tokenizer.txt"), train.Texts.Concat(train.Chats.SelectMany(chat => new[] { chat.Question, chat.Answer })).SelectMany(text => text.Split('\n')));

void Read()
{
    foreach ((string file, Corpus corpus) in new[] { ("train", train), ("dev", heldOut) })
    {
        foreach (string[] row in Tsv($"imdb_counterfactual/orig/{file}.tsv").Skip(1))
        {
            corpus.Text(row[1].Replace("<br />", " "));
        }

        foreach (string sentence in Tsv($"snli_counterfactual/revised_combined/{file}.tsv").Skip(1).SelectMany(row => row[..2]).Distinct())
        {
            corpus.Text(sentence);
        }

        foreach (JsonNode row in Lines($"scitldr/{file}.jsonl").Select(line => JsonNode.Parse(line)!))
        {
            corpus.Text(string.Join(' ', row["source"]!.AsArray().Select(part => part!.GetValue<string>())) + "\nIn short: " + row["target"]![0]!.GetValue<string>());
        }
    }

    foreach ((string file, Corpus corpus) in new[] { ("train", train), ("test", heldOut) })
    {
        foreach (Match row in Regex.Matches(All($"banking77/{file}.csv"), "^(?:\"((?:[^\"]|\"\")*)\"|([^\",\n]*)),([a-zA-Z_?]+)\r?$", RegexOptions.Multiline).Skip(1))
        {
            corpus.Chat(row.Groups[1].Value.Replace("\"\"", "\"") + row.Groups[2].Value, $"This is about: {row.Groups[3].Value.Replace('_', ' ').TrimEnd('?').ToLowerInvariant()}.");
        }
    }

    Share(JsonNode.Parse(All("pubmedqa/ori_pqal.json"))!.AsObject().Select(pair => pair.Value!), (corpus, row) => corpus.Text(
        $"{row["QUESTION"]}\n{string.Join('\n', row["CONTEXTS"]!.AsArray())}\n{row["LONG_ANSWER"]}"));
    Share(JsonNode.Parse(All("quotes_quotable/quotes.json"))!.AsArray()!, (corpus, row) =>
    {
        string about = row!["tags"]!.AsArray().FirstOrDefault()?.GetValue<string>().Replace('-', ' ').ToLowerInvariant() ?? "life";
        corpus.Chat($"Give me a quote about {about}.", $"{row["content"]} ({row["author"]})");
    });
    Share(JsonNode.Parse(All("llms_from_scratch/instruction-data.json"))!.AsArray()!, (corpus, row) => corpus.Chat(Question(row!["instruction"]!, row["input"]!), $"{row["output"]}"));
    foreach (string file in new[] { "seed_tasks", "user_oriented_instructions" })
    {
        Share(Lines($"self_instruct/{file}.jsonl").Select(line => JsonNode.Parse(line)!), (corpus, row) =>
        {
            foreach (JsonNode? instance in row["instances"]!.AsArray())
            {
                corpus.Chat(Question(row["instruction"]!, instance!["input"]!), $"{instance["output"]}");
            }
        });
    }
}

// One row in fifty of the sets without a split is held out.
void Share<T>(IEnumerable<T> rows, Action<Corpus, T> add)
{
    foreach ((int i, T row) in rows.Index())
    {
        add(i % 50 == 7 ? heldOut : train, row);
    }
}

static string Question(JsonNode instruction, JsonNode input) => $"{input}".Length == 0 ? $"{instruction}" : $"{instruction}\n{input}";

IEnumerable<string[]> Tsv(string name) => Lines(name).Select(line => line.Split('\t').Select(Unquote).ToArray()).Where(row => row.Length >= 2);

static string Unquote(string field) => field.Length > 1 && field[0] == '"' && field[^1] == '"' ? field[1..^1].Replace("\"\"", "\"") : field;

IEnumerable<string> Lines(string name) => All(name).Split('\n', StringSplitOptions.RemoveEmptyEntries);

string All(string name)
{
    string path = Path.Combine(data, name);
    if (File.Exists(path))
    {
        return File.ReadAllText(path);
    }

    using var file = new StreamReader(new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress));
    return file.ReadToEnd();
}

/// <summary>Plain texts, and questions with their answers.</summary>
internal sealed class Corpus
{
    private readonly HashSet<string> _seen = [];

    public List<string> Texts { get; } = [];

    public List<(string Question, string Answer)> Chats { get; } = [];

    public void Text(string text)
    {
        text = Tidy(text);
        if (text.Length > 8 && _seen.Add(text))
        {
            Texts.Add(text);
        }
    }

    public void Chat(string question, string answer)
    {
        (question, answer) = (Tidy(question), Tidy(answer));
        if (question.Length > 0 && answer.Length > 0 && question.Length + answer.Length < 1500 && _seen.Add(question + "\n" + answer))
        {
            Chats.Add((question, answer));
        }
    }

    /// <summary>Takes away what another corpus has too: short questions come up twice.</summary>
    public void Remove(Corpus other)
    {
        Texts.RemoveAll(other._seen.Contains);
        Chats.RemoveAll(chat => other._seen.Contains(chat.Question + "\n" + chat.Answer));
    }

    public void Write(string folder, string name, JsonSerializerOptions options)
    {
        File.WriteAllLines(Path.Combine(folder, $"{name}-text.jsonl"), Texts.Select(text => JsonSerializer.Serialize(new { text }, options)));
        File.WriteAllLines(Path.Combine(folder, $"{name}-chat.jsonl"), Chats.Select(chat => JsonSerializer.Serialize(
            new { messages = new[] { new { role = "user", content = chat.Question }, new { role = "assistant", content = chat.Answer } } }, options)));
        Console.WriteLine($"{name}: {Texts.Count} texts of {Texts.Sum(text => Encoding.UTF8.GetByteCount(text))} bytes, {Chats.Count} chats of {Chats.Sum(chat => Encoding.UTF8.GetByteCount(chat.Question + chat.Answer))} bytes");
    }

    private static string Tidy(string text) => Regex.Replace(Regex.Replace(text.Trim(), "[ \t\r]+", " "), " ?\n[ \n]*", "\n");
}

/// <summary>Text of this project's own: short stories, questions with answers, copying and picking out, customers' messages with replies.</summary>
internal sealed class WrittenText(SplitMix random)
{
    private static readonly string[] Names =
    [
        "Amara", "Bruno", "Chen", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jonas", "Kaya", "Lena", "Milo", "Nadia", "Oskar", "Priya", "Ada", "Ben", "Clara", "David", "Ella", "Finn", "Grace",
        "Hugo", "Ida", "Jack", "Kim", "Leo", "Mara", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tara", "Uma", "Victor", "Wanda", "Yusuf", "Zoe",
    ];

    private static readonly string[] Cities = ["Lima", "Oslo", "Paris", "Cairo", "Delhi", "Quito", "Tokyo", "Rome", "Madrid", "Berlin", "Dublin", "Vienna", "Athens", "Lisbon", "Prague", "Warsaw"];

    private static readonly (string Country, string Capital)[] Capitals =
    [
        ("Peru", "Lima"), ("Norway", "Oslo"), ("France", "Paris"), ("Egypt", "Cairo"), ("India", "New Delhi"), ("Ecuador", "Quito"), ("Japan", "Tokyo"), ("Italy", "Rome"), ("Spain", "Madrid"),
        ("Germany", "Berlin"), ("Ireland", "Dublin"), ("Austria", "Vienna"), ("Greece", "Athens"), ("Portugal", "Lisbon"), ("Poland", "Warsaw"), ("Kenya", "Nairobi"), ("Cuba", "Havana"), ("China", "Beijing"),
        ("Russia", "Moscow"), ("Canada", "Ottawa"), ("Chile", "Santiago"), ("Sweden", "Stockholm"), ("Finland", "Helsinki"), ("Denmark", "Copenhagen"), ("Hungary", "Budapest"), ("Turkey", "Ankara"),
    ];

    private static readonly (string Thing, string Kind, string Use)[] Things =
    [
        ("kettle", "kitchen tool", "boil water"), ("lamp", "piece of furniture", "light a room"), ("jacket", "piece of clothing", "keep warm"), ("backpack", "bag", "carry books"), ("keyboard", "machine", "type letters"),
        ("tent", "shelter", "sleep outdoors"), ("blender", "kitchen tool", "mix fruit"), ("scarf", "piece of clothing", "keep the neck warm"), ("router", "machine", "reach the internet"),
        ("bicycle pump", "tool", "fill tyres with air"), ("desk fan", "machine", "cool the air"), ("notebook", "book", "write down thoughts"), ("headset", "machine", "listen and speak"), ("camera", "machine", "take pictures"),
        ("carpet", "piece of furniture", "keep feet warm"), ("mug", "kitchen tool", "drink tea"), ("hammer", "tool", "drive nails"), ("ladder", "tool", "reach high places"), ("pillow", "piece of furniture", "rest the head"),
        ("umbrella", "shelter", "stay dry in the rain"), ("clock", "machine", "tell the time"), ("spoon", "kitchen tool", "eat soup"), ("bucket", "tool", "carry water"), ("map", "book", "find the way"),
        ("candle", "small light", "light a room"), ("broom", "tool", "sweep the floor"), ("toaster", "kitchen tool", "brown bread"), ("phone", "machine", "call people"), ("chair", "piece of furniture", "sit down"),
        ("wallet", "bag", "hold money"), ("knife", "kitchen tool", "cut bread"), ("radio", "machine", "hear music"), ("rope", "tool", "tie things"), ("boots", "piece of clothing", "walk through mud"),
    ];

    private static readonly (string Animal, string Home, string Sound)[] Animals =
    [
        ("fox", "the forest", "barks"), ("dog", "the house", "barks"), ("cat", "the house", "meows"), ("duck", "the pond", "quacks"), ("cow", "the barn", "moos"), ("owl", "the old oak", "hoots"), ("frog", "the pond", "croaks"),
        ("bee", "the hive", "buzzes"), ("wolf", "the forest", "howls"), ("horse", "the stable", "neighs"), ("mouse", "a small hole", "squeaks"), ("sheep", "the meadow", "bleats"), ("lion", "the grassland", "roars"),
        ("hen", "the barn", "clucks"), ("bear", "a cave", "growls"), ("crow", "a tall tree", "caws"),
    ];

    private static readonly (string Word, string Opposite)[] Opposites =
    [
        ("hot", "cold"), ("big", "small"), ("fast", "slow"), ("day", "night"), ("happy", "sad"), ("open", "closed"), ("full", "empty"), ("old", "young"), ("early", "late"), ("hard", "soft"), ("light", "dark"),
        ("wet", "dry"), ("near", "far"), ("loud", "quiet"), ("rich", "poor"), ("strong", "weak"), ("up", "down"), ("left", "right"), ("high", "low"), ("clean", "dirty"), ("long", "short"), ("thick", "thin"),
    ];

    private static readonly (string Now, string Before)[] Verbs =
    [
        ("go", "went"), ("see", "saw"), ("run", "ran"), ("find", "found"), ("take", "took"), ("write", "wrote"), ("eat", "ate"), ("drink", "drank"), ("walk", "walked"), ("play", "played"), ("sing", "sang"),
        ("buy", "bought"), ("think", "thought"), ("build", "built"), ("sleep", "slept"), ("give", "gave"), ("read", "read"), ("swim", "swam"), ("speak", "spoke"), ("jump", "jumped"), ("open", "opened"), ("know", "knew"),
    ];

    private static readonly string[] Good = ["wonderful", "great", "lovely", "excellent", "charming", "delightful", "perfect", "very good", "kind", "brilliant"];

    private static readonly string[] Bad = ["terrible", "awful", "boring", "broken", "very bad", "dull", "useless", "disappointing", "rude", "horrible"];

    private static readonly string[] Colours = ["red", "blue", "green", "yellow", "black", "white", "brown", "grey", "orange", "purple"];

    private static readonly string[] Days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    private static readonly string[] Numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

    private static readonly string[] Words =
    [
        "river", "stone", "cloud", "apple", "garden", "window", "music", "paper", "silver", "winter", "bridge", "flower", "market", "bread", "island", "letter", "mountain", "school", "train", "water",
        "tree", "house", "street", "morning", "summer", "friend", "story", "ocean", "table", "bird",
    ];

    private static readonly string[] Greetings = ["Hello", "Hi there", "Good morning", "Dear team", "Good evening", "Hey", "Hi", "Good day", "Dear Sir or Madam"];

    private static readonly string[] Endings = ["Thank you.", "Thanks a lot.", "Kind regards.", "Best wishes.", "Many thanks.", "Please help.", "Yours truly.", "Looking forward to your answer."];

    private static readonly (string[] Sentences, string Reply)[] Requests =
    [
        (["the {0} of order {1} arrived broken", "order {1} came today and the {0} is cracked", "my {0} from order {1} has a big dent", "the {0} I got with order {1} does not work"], "I am sorry that your {0} is damaged. We will send a new one for order {1}."),
        (["order {1} never arrived, I am still waiting for the {0}", "the parcel of order {1} was empty, no {0} inside", "where is the {0} from order {1}", "I have been waiting two weeks for the {0} of order {1}"], "I am sorry that your {0} has not come. We will look for order {1}."),
        (["I want to send back the {0} of order {1}", "how can I return the {0} from order {1}", "the {0} in order {1} is the wrong colour, I would like to return it"], "You can send the {0} back within thirty days. Please write {1} on the parcel."),
        (["I was charged twice for the {0} in order {1}", "the invoice of order {1} shows a wrong price for the {0}", "please correct the bill of order {1}, the {0} was on sale"], "Thank you for telling us. We will correct the bill of order {1} for the {0}."),
        (["does the {0} from order {1} need batteries", "can I wash the {0} that I got with order {1}", "which size is the {0} in order {1}"], "Thank you for your question. You find all about the {0} of order {1} on its page."),
        (["please cancel order {1}, I no longer need the {0}", "I ordered the {0} by mistake, stop order {1}", "is it too late to cancel the {0} of order {1}"], "We have stopped order {1}. You will not have to pay for the {0}."),
    ];

    /// <summary>Adds one text or one question with its answer.</summary>
    public void Add(Corpus corpus)
    {
        switch (random.Next(10))
        {
            case 0 or 1:
                (string title, string story) = Story();
                if (random.Next(2) == 0)
                {
                    corpus.Text(story);
                }
                else
                {
                    Chat(corpus, (Pick("Tell me a story about {0}.", "Write a short story about {0}.", "Can you tell me a tale of {0}?"), title), story);
                }

                break;
            case 2 or 3:
                Message(corpus);
                break;
            case 4 or 5:
                Copy(corpus);
                break;
            case 6:
                Record(corpus);
                break;
            case 7:
                Talk(corpus);
                break;
            default:
                Fact(corpus);
                break;
        }
    }

    private (string Title, string Story) Story()
    {
        string name = Pick(Names), friend = Pick(Names), thing = Pick(Things).Thing, colour = Pick(Colours), weather = Pick("sunny", "rainy", "windy", "cold", "warm", "quiet");
        (string animal, string home, string sound) = Pick(Animals);
        string start = Pick($"One {weather} morning, {name} went to {Pick(Cities)}.", $"{name} lived near {home}.", $"It was a {weather} day in {Pick(Cities)}.", $"Once there was a child called {name}.");
        string want = Pick($"{name} wanted to find a {colour} {thing}.", $"{name} had lost a {colour} {thing}.", $"{name} carried a {colour} {thing}.", $"{name} dreamed of a {colour} {thing}.");
        string meet = Pick($"On the way, {name} met a {animal}.", $"Near {home} there was a {animal}.", $"Suddenly a {animal} came out of {home}.");
        string say = Pick(
            $"\"Have you seen a {thing}?\" asked {name}. \"Yes,\" said the {animal}, \"it is in {home}.\"", $"\"Hello,\" said {name}. The {animal} looked at the {thing}.",
            $"The {animal} was hungry, so {name} gave it some {Pick("bread", "soup", "cake", "apples")}.", $"\"Can you help me?\" asked the {animal}. \"Of course,\" said {name}.");
        string then = Pick(
            $"Together they looked for the {thing} until evening.", $"They walked to {home} and found the {thing} there.", $"Then {friend} came and asked about the {colour} {thing}.",
            $"{friend} laughed and said that the {animal} was a {Pick("good", "strange", "clever")} friend.");
        string end = Pick(
            $"In the end {name} was happy and went home with the {thing}.", $"From that day on, {name} and the {animal} were friends.", $"{name} thanked the {animal} and slept well that night.",
            $"\"What a day,\" said {name}, and put the {colour} {thing} on the table.");
        return (Pick($"a {animal}", $"a {thing}", name, $"{name} and a {animal}"), string.Join(' ', random.Next(3) == 0 ? [start, want, meet, then, end] : new[] { start, want, meet, say, then, end }));
    }

    private void Message(Corpus corpus)
    {
        (string[] sentences, string reply) = Pick(Requests);
        string product = Pick(Things).Thing, order = $"{1000 + random.Next(9000)}", name = Pick(Names);
        string sentence = string.Format(Pick(sentences), product, order);
        string message = random.Next(2) == 0
            ? $"{Pick(Greetings)}, {sentence}. {Pick(Endings)} {name}"
            : $"{Pick(Greetings)}, this is {name}. {char.ToUpperInvariant(sentence[0])}{sentence[1..]}. {Pick(Endings)}";
        switch (random.Next(6))
        {
            case 0:
                Chat(corpus, (Pick("Which order is this about? {0}", "What is the number of the order? {0}"), message), Pick($"Order {order}.", $"It is about order {order}."));
                break;
            case 1:
                Chat(corpus, (Pick("Which thing is this about? {0}", "What did the customer buy? {0}"), message), Pick($"A {product}.", $"It is about a {product}."));
                break;
            case 2:
                Chat(corpus, (Pick("Who wrote this? {0}", "What is the name of the customer? {0}"), message), Pick($"{name}.", $"It is from {name}."));
                break;
            default:
                Chat(corpus, ("{0}", message), $"Dear {name},\n" + string.Format(reply, product, order));
                break;
        }
    }

    private void Copy(Corpus corpus)
    {
        string[] words = [.. Enumerable.Range(0, 2 + random.Next(5)).Select(_ => random.Next(4) == 0 ? $"{random.Next(10_000)}" : Pick(random.Next(3) == 0 ? Names : Words))];
        string list = string.Join(", ", words);
        switch (random.Next(7))
        {
            case 0:
                Chat(corpus, (Pick("Repeat: {0}", "Say this again: {0}", "Copy these words: {0}"), list), list);
                break;
            case 1:
                Chat(corpus, (Pick("What is the first word of: {0}", "Which word comes first? {0}"), list), words[0]);
                break;
            case 2:
                Chat(corpus, (Pick("What is the last word of: {0}", "Which word comes last? {0}"), list), words[^1]);
                break;
            case 3:
                Chat(corpus, (Pick("How many words are there? {0}", "Count the words: {0}"), list), $"There are {Numbers[words.Length]} words.");
                break;
            case 4:
                Chat(corpus, (Pick("Say it backwards: {0}", "Turn the order round: {0}"), list), string.Join(", ", words.Reverse()));
                break;
            case 5:
                Chat(corpus, (Pick("Write each on a line: {0}", "Make a list of: {0}"), list), string.Join('\n', words.Select(word => "- " + word)));
                break;
            default:
                int at = random.Next(words.Length - 1);
                Chat(corpus, ($"Which word comes after {words[at]}? {{0}}", list), words[at + 1]);
                break;
        }
    }

    private void Record(Corpus corpus)
    {
        string name = Pick(Names), city = Pick(Cities), thing = Pick(Things).Thing, age = $"{18 + random.Next(60)}", day = Pick(Days), room = $"{100 + random.Next(900)}";
        (string Sentence, (string Key, string Value)[] Fields) = random.Next(4) switch
        {
            0 => ($"{name} is {age} years old and lives in {city}.", new[] { ("name", name), ("age", age), ("city", city) }),
            1 => ($"On {day}, {name} bought a {thing} in {city}.", [("name", name), ("day", day), ("thing", thing), ("city", city)]),
            2 => ($"{name} will stay in room {room} in {city} until {day}.", [("name", name), ("room", room), ("city", city), ("day", day)]),
            _ => ($"The {thing} in room {room} belongs to {name}.", [("thing", thing), ("room", room), ("name", name)]),
        };
        if (random.Next(3) == 0)
        {
            (string key, string value) = Pick(Fields);
            Chat(corpus, ($"What is the {key}? {{0}}", Sentence), value);
            return;
        }

        (string Key, string Value)[] asked = [.. Fields.OrderBy(_ => random.Next(1 << 20)).Take(2 + random.Next(2))];
        string separator = Pick("=", ": ");
        Chat(corpus, ($"Give {string.Join(" and ", asked.Select(field => field.Key))}. {{0}}", Sentence), string.Join(separator == "=" ? " " : ", ", asked.Select(field => field.Key + separator + field.Value)));
    }

    private void Talk(Corpus corpus)
    {
        string name = Pick(Names), item = Pick(Words);
        (string question, string answer) = random.Next(8) switch
        {
            0 => (Pick("Hello!", "Hi!", "Good morning!", "Hello, how are you?"), Pick("Hello! How can I help you?", "Hello! What can I do for you?")),
            1 => (Pick("What is your name?", "Who are you?", "What are you?"), "I am a small language model that was made with Attune."),
            2 => ($"My name is {name}. What is my name?", $"Your name is {name}."),
            3 => ($"I am {name}. {Pick("Hello!", "Nice to meet you.", "How are you?")}", $"Hello {name}! How can I help you?"),
            4 => (Pick("Thank you!", "Thanks!", "Thank you for your help."), Pick("You are welcome!", "You are welcome. Is there anything else?")),
            5 => (Pick("Goodbye!", "See you tomorrow!", "Bye!"), Pick("Goodbye! Have a nice day.", "See you soon!")),
            6 => (Pick("What can you do?", "Can you help me?", "How can you help me?"), "I can answer short questions, pick words out of a text, and tell small stories. I am small, so I am often wrong."),
            _ => ($"Write a sentence with the word {item}.", $"{name} saw the {item} and thought of {Pick(Names)}."),
        };
        Chat(corpus, ("{0}", question), answer);
    }

    private void Fact(Corpus corpus)
    {
        (string thing, string kind, string use) = Pick(Things);
        (string animal, string home, string sound) = Pick(Animals);
        int a = random.Next(13), b = random.Next(13);
        (string country, string capital) = Pick(Capitals);
        (string word, string opposite) = Pick(Opposites);
        (string now, string before) = Pick(Verbs);
        int day = random.Next(7);
        bool good = random.Next(2) == 0;
        string judged = $"The {Pick(thing, "food", "film", "hotel", "book", "service")} was {Pick(good ? Good : Bad)}{Pick("", ", I think", " from start to end")}.";
        (string question, string answer) = random.Next(13) switch
        {
            0 => (Pick($"What is a {thing}?", $"What is a {thing} for?"), $"A {thing} is a {kind}. You use it to {use}."),
            1 => (Pick($"Where does a {animal} live?", $"Where can I find a {animal}?"), $"A {animal} lives in {home}."),
            2 => (Pick($"What sound does a {animal} make?", $"Which noise comes from a {animal}?"), $"A {animal} {sound}."),
            3 => (Pick($"What is {a} plus {b}?", $"Add {a} and {b}."), $"{a} plus {b} is {a + b}."),
            4 => ($"What is {Math.Max(a, b)} minus {Math.Min(a, b)}?", $"{Math.Max(a, b)} minus {Math.Min(a, b)} is {Math.Abs(a - b)}."),
            5 => (Pick($"What is the capital of {country}?", $"Which city is the capital of {country}?"), $"The capital of {country} is {capital}."),
            6 => (Pick($"What is the opposite of {word}?", $"Give the opposite of {word}."), $"The opposite of {word} is {opposite}."),
            7 => (Pick($"What is the past of {now}?", $"Put into the past: I {now}."), Pick($"The past of {now} is {before}.", $"The past of {now} is {before}.")),
            8 => (Pick($"Which day comes after {Days[day]}?", $"What is the day after {Days[day]}?"), $"The day after {Days[day]} is {Days[(day + 1) % 7]}."),
            9 => (Pick($"Is this good or bad? {judged}", $"Is this positive or negative? {judged}"), ""),
            10 => (Pick($"Is a {thing} an animal?", $"Is a {animal} an animal?"), ""),
            11 => ($"Which is more, {a} or {b + 13}?", $"{b + 13} is more than {a}."),
            _ => (Pick($"What can I use to {use}?", $"I want to {use}. What do I need?"), $"You can use a {thing} to {use}."),
        };
        if (answer.Length == 0)
        {
            answer = question.Contains("good or bad") ? (good ? "Good." : "Bad.") : question.Contains("positive") ? (good ? "Positive." : "Negative.")
                : question.StartsWith($"Is a {animal} ") ? $"Yes, a {animal} is an animal." : $"No, a {thing} is a {kind}.";
        }

        Chat(corpus, ("{0}", question), answer);
    }

    private static void Chat(Corpus corpus, (string Form, string Value) question, string answer) => corpus.Chat(question.Form.Replace("{0}", question.Value), answer);

    private T Pick<T>(params ReadOnlySpan<T> of) => of[random.Next(of.Length)];
}

/// <summary>Random numbers that are the same everywhere (Steele, Lea, Flood 2014).</summary>
internal sealed class SplitMix(ulong state)
{
    private ulong _state = state;

    public int Next(int bound)
    {
        ulong z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return (int)((z ^ (z >> 31)) % (ulong)bound);
    }
}
