using System.Globalization;
using System.Runtime.CompilerServices;
using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>Makes trees of a template file: its own and one for each <c>define</c> and <c>block</c> in it.</summary>
internal sealed class Parser
{
    private readonly string _file;
    private readonly string _source;
    private readonly List<Token> _tokens;
    // Far beyond what anybody writes: each level takes stack, here and where it is evaluated.
    private const int MaxNesting = 500;

    private readonly Dictionary<string, TemplateTree> _trees = new(StringComparer.Ordinal);
    private List<string> _variables = ["$"];
    private readonly List<(string Function, int Line)> _unsupported = [];
    private int _next;
    private int _ranges;

    private int _nesting;

    private Parser(string file, string source)
    {
        _file = file;
        _source = source;
        _tokens = new Lexer(file, source).Read();
    }

    /// <summary>Parses one file.</summary>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public static IReadOnlyCollection<TemplateTree> Parse(string file, string source)
    {
        var parser = new Parser(file, source);
        parser.ParseFile();
        return parser._trees.Values;
    }

    private void ParseFile()
    {
        var root = new ListNode(0);
        while (Peek().Kind != TokenKind.EndOfFile)
        {
            if (Peek().Kind == TokenKind.LeftDelimiter)
            {
                var before = _next++;
                if (PeekWord().Kind == TokenKind.Define)
                {
                    NextWord();
                    ParseDefinition();
                    continue;
                }

                _next = before;
            }

            var node = TextOrAction();
            if (node is EndMarker or ElseMarker)
            {
                throw Error($"unexpected {node}");
            }

            root.Nodes.Add(node);
        }

        Add(new(_file, _file, _source, root) { Unsupported = _unsupported });
    }

    private void ParseDefinition()
    {
        const string Context = "define clause";
        var name = ExpectName(Context);
        Expect(TokenKind.RightDelimiter, Context);
        ParseBody(name, Context);
    }

    // What stands in it knows nothing of the variables and loops around it.
    private void ParseBody(string name, string context)
    {
        var (variables, ranges) = (_variables, _ranges);
        (_variables, _ranges) = (["$"], 0);
        var (list, end) = ItemList();
        if (end is not EndMarker)
        {
            throw Error($"unexpected {end} in {context}");
        }

        (_variables, _ranges) = (variables, ranges);
        Add(new(name, _file, _source, list));
    }

    private void Add(TemplateTree tree)
    {
        if (!_trees.TryGetValue(tree.Name, out var old) || old.Root.IsBlank)
        {
            _trees[tree.Name] = tree;
        }
        else if (!tree.Root.IsBlank)
        {
            throw Error($"template: multiple definition of template {GoFormat.Quote(tree.Name)}");
        }
    }

    private (ListNode List, Node End) ItemList()
    {
        Nest();

        var list = new ListNode(PeekWord().Position);
        while (PeekWord().Kind != TokenKind.EndOfFile)
        {
            var node = TextOrAction();
            if (node is EndMarker or ElseMarker)
            {
                _nesting--;
                return (list, node);
            }

            list.Nodes.Add(node);
        }

        throw Error("unexpected EOF");
    }

    private Node TextOrAction()
    {
        var token = NextWord();
        return token.Kind switch
        {
            TokenKind.Text => new TextNode(token.Position, token.Text),
            TokenKind.LeftDelimiter => Action(),
            _ => throw Unexpected(token, "input"),
        };
    }

    private Node Action()
    {
        var token = NextWord();
        switch (token.Kind)
        {
            case TokenKind.Block:
                return Block();
            case TokenKind.Break or TokenKind.Continue:
                var word = token.Text;
                Expect(TokenKind.RightDelimiter, "{{" + word + "}}");
                if (_ranges == 0)
                {
                    throw Error("{{" + word + "}} outside {{range}}");
                }

                return token.Kind == TokenKind.Break ? new BreakNode(token.Position) : new ContinueNode(token.Position);
            case TokenKind.Else:
                var after = PeekWord();
                if (after.Kind is not (TokenKind.If or TokenKind.With))
                {
                    Expect(TokenKind.RightDelimiter, "else");
                }

                return new ElseMarker(token.Position);
            case TokenKind.End:
                Expect(TokenKind.RightDelimiter, "end");
                return new EndMarker(token.Position);
            case TokenKind.If:
                return Control(BranchKind.If);
            case TokenKind.Range:
                return Control(BranchKind.Range);
            case TokenKind.With:
                return Control(BranchKind.With);
            case TokenKind.Template:
                return Template();
            default:
                _next--;
                var first = Peek();
                return new ActionNode(first.Position, Pipeline("command", TokenKind.RightDelimiter));
        }
    }

    private BranchNode Control(BranchKind kind)
    {
        var context = kind switch { BranchKind.If => "if", BranchKind.With => "with", _ => "range" };
        var variables = _variables.Count;
        var pipe = Pipeline(context, TokenKind.RightDelimiter);
        _ranges += kind == BranchKind.Range ? 1 : 0;
        var (list, next) = ItemList();
        _ranges -= kind == BranchKind.Range ? 1 : 0;
        ListNode? otherwise = null;
        if (next is ElseMarker)
        {
            var word = PeekWord().Kind;
            if ((kind == BranchKind.If && word == TokenKind.If) || (kind == BranchKind.With && word == TokenKind.With))
            {
                // "else if" is an if inside the else, and one "end" ends both.
                NextWord();
                otherwise = new(next.Position);
                otherwise.Nodes.Add(Control(kind));
            }
            else if (word is TokenKind.If or TokenKind.With)
            {
                throw Unexpected(NextWord(), "else");
            }
            else
            {
                (otherwise, next) = ItemList();
                if (next is not EndMarker)
                {
                    throw Error($"expected end; found {next}");
                }
            }
        }

        _variables.RemoveRange(variables, _variables.Count - variables);
        return new(pipe.Position, kind, pipe, list, otherwise);
    }

    private TemplateNode Block()
    {
        const string Context = "block clause";
        var position = PeekWord().Position;
        var name = ExpectName(Context);
        var pipe = Pipeline(Context, TokenKind.RightDelimiter);
        ParseBody(name, Context);
        return new(position, name, pipe);
    }

    private TemplateNode Template()
    {
        const string Context = "template clause";
        var position = PeekWord().Position;
        var name = ExpectName(Context);
        PipeNode? pipe = null;
        if (PeekWord().Kind == TokenKind.RightDelimiter)
        {
            NextWord();
        }
        else
        {
            pipe = Pipeline(Context, TokenKind.RightDelimiter);
        }

        return new(position, name, pipe);
    }

    private void Nest()
    {
        if (++_nesting > MaxNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error("nested too deeply");
        }
    }

    private PipeNode Pipeline(string context, TokenKind end)
    {
        Nest();

        var pipe = new PipeNode(PeekWord().Position);
        ReadDeclarations(pipe, context);
        while (true)
        {
            var token = NextWord();
            if (token.Kind == end)
            {
                CheckPipeline(pipe, context);
                _nesting--;
                return pipe;
            }

            if (token.Kind is not (TokenKind.Bool or TokenKind.CharConstant or TokenKind.Dot or TokenKind.Field or TokenKind.Identifier
                or TokenKind.Number or TokenKind.Nil or TokenKind.RawString or TokenKind.String or TokenKind.Variable or TokenKind.LeftParenthesis))
            {
                throw Unexpected(token, context);
            }

            _next--;
            pipe.Commands.Add(Command());
        }
    }

    private void ReadDeclarations(PipeNode pipe, string context)
    {
        while (PeekWord().Kind == TokenKind.Variable)
        {
            SkipSpace();
            var before = _next;
            var variable = Next();
            var next = PeekWord();
            switch (next.Kind)
            {
                case TokenKind.Assign or TokenKind.Declare:
                    NextWord();
                    pipe.IsAssign = next.Kind == TokenKind.Assign;
                    pipe.Variables.Add(new(variable.Position, variable.Text, []));
                    if (!pipe.IsAssign)
                    {
                        _variables.Add(variable.Text);
                    }
                    else if (!_variables.Contains(variable.Text, StringComparer.Ordinal))
                    {
                        throw Error($"undefined variable {GoFormat.Quote(variable.Text)}");
                    }

                    return;
                case TokenKind.Character when next.Text is ",":
                    NextWord();
                    pipe.Variables.Add(new(variable.Position, variable.Text, []));
                    _variables.Add(variable.Text);
                    if (context is not "range" || pipe.Variables.Count > 1)
                    {
                        throw Error($"too many declarations in {context}");
                    }

                    if (PeekWord().Kind == TokenKind.Variable)
                    {
                        continue;
                    }

                    throw Error("range can only initialize variables");
                default:
                    _next = before;
                    return;
            }
        }
    }

    private void CheckPipeline(PipeNode pipe, string context)
    {
        if (pipe.Commands.Count == 0)
        {
            throw Error($"missing value for {context}");
        }

        for (var i = 1; i < pipe.Commands.Count; i++)
        {
            if (pipe.Commands[i].Arguments[0] is BoolNode or DotNode or NilNode or NumberNode or StringNode)
            {
                throw Error(string.Create(CultureInfo.InvariantCulture, $"non executable command in pipeline stage {i + 1}"));
            }
        }
    }

    private CommandNode Command()
    {
        var command = new CommandNode(PeekWord().Position);
        while (true)
        {
            SkipSpace();
            if (Operand() is { } operand)
            {
                command.Arguments.Add(operand);
            }

            var token = Next();
            switch (token.Kind)
            {
                case TokenKind.Space:
                    continue;
                case TokenKind.RightDelimiter or TokenKind.RightParenthesis:
                    _next--;
                    break;
                case TokenKind.Pipe:
                    break;
                default:
                    throw Unexpected(token, "operand");
            }

            return command.Arguments.Count == 0 ? throw Error("empty command") : command;
        }
    }

    private Node? Operand()
    {
        var node = Term();
        if (node is null || Peek().Kind != TokenKind.Field)
        {
            return node;
        }

        var position = Peek().Position;
        var fields = new List<string>();
        while (Peek().Kind == TokenKind.Field)
        {
            fields.Add(Next().Text[1..]);
        }

        return node switch
        {
            FieldNode field => new FieldNode(position, [.. field.Names, .. fields]),
            VariableNode variable => new VariableNode(position, variable.Name, [.. variable.Fields, .. fields]),
            BoolNode or StringNode or NumberNode or NilNode or DotNode => throw Error($"unexpected . after term {GoFormat.Quote(node.ToString()!)}"),
            _ => new ChainNode(position, node, [.. fields]),
        };
    }

    private Node? Term()
    {
        var token = NextWord();
        switch (token.Kind)
        {
            case TokenKind.Identifier:
                if (CryptoFunctions.Unsupported.Contains(token.Text, StringComparer.Ordinal))
                {
                    _unsupported.Add((token.Text, token.Line));
                }

                return FunctionTable.Find(token.Text) is { } function
                    ? new IdentifierNode(token.Position, token.Text, function)
                    : throw Error($"function {GoFormat.Quote(token.Text)} not defined");
            case TokenKind.Dot:
                return new DotNode(token.Position);
            case TokenKind.Nil:
                return new NilNode(token.Position);
            case TokenKind.Variable:
                return _variables.Contains(token.Text, StringComparer.Ordinal)
                    ? new VariableNode(token.Position, token.Text, [])
                    : throw Error($"undefined variable {GoFormat.Quote(token.Text)}");
            case TokenKind.Field:
                return new FieldNode(token.Position, [token.Text[1..]]);
            case TokenKind.Bool:
                return new BoolNode(token.Position, token.Text is "true");
            case TokenKind.CharConstant or TokenKind.Number:
                var (number, error) = GoLiteral.Number(token);
                return number ?? throw Error(error!);
            case TokenKind.LeftParenthesis:
                return Pipeline("parenthesized pipeline", TokenKind.RightParenthesis);
            case TokenKind.String:
                return new StringNode(token.Position, token.Text, GoLiteral.Unquote(token.Text) ?? throw Error("invalid syntax"));
            case TokenKind.RawString:
                return new StringNode(token.Position, token.Text, token.Text[1..^1].Replace("\r", "", StringComparison.Ordinal));
            default:
                _next--;
                return null;
        }
    }

    private Token Peek() => _tokens[_next];

    private Token Next() => _tokens[_next].Kind == TokenKind.EndOfFile ? _tokens[_next] : _tokens[_next++];

    private Token PeekWord()
    {
        var at = _next;
        while (_tokens[at].Kind == TokenKind.Space)
        {
            at++;
        }

        return _tokens[at];
    }

    private Token NextWord()
    {
        SkipSpace();
        return _tokens[_next].Kind == TokenKind.EndOfFile ? _tokens[_next] : _tokens[_next++];
    }

    private void SkipSpace()
    {
        while (_tokens[_next].Kind == TokenKind.Space)
        {
            _next++;
        }
    }

    private void Expect(TokenKind kind, string context)
    {
        var token = NextWord();
        if (token.Kind != kind)
        {
            throw Unexpected(token, context);
        }
    }

    private string ExpectName(string context)
    {
        var token = NextWord();
        return token.Kind switch
        {
            TokenKind.String => GoLiteral.Unquote(token.Text) ?? throw Error("invalid syntax"),
            TokenKind.RawString => token.Text[1..^1],
            _ => throw Unexpected(token, context),
        };
    }

    private TemplateException Unexpected(Token token, string context) => Error($"unexpected {token} in {context}");

    private TemplateException Error(string message)
    {
        var line = _tokens[Math.Max(0, Math.Min(_next, _tokens.Count) - 1)].Line;
        return new(string.Create(CultureInfo.InvariantCulture, $"template: {_file}:{line}: {message}"), _file, line, -1, null);
    }

    private sealed class EndMarker(int position) : Node(position)
    {
        public override string ToString() => "{{end}}";
    }

    private sealed class ElseMarker(int position) : Node(position)
    {
        public override string ToString() => "{{else}}";
    }
}
