namespace Stagedoor.Iam.Tokens;

/// <summary>The body of a request for a token.</summary>
internal sealed record TokenRequest(TokenRequest.RequestedAuth? Auth)
{
    /// <summary>The whole of the request.</summary>
    internal sealed record RequestedAuth(RequestedIdentity? Identity, RequestedScope? Scope);

    /// <summary>Who asks, and how that is proved.</summary>
    internal sealed record RequestedIdentity(IReadOnlyList<string?>? Methods, PasswordProof? Password, TokenProof? Token);

    internal sealed record PasswordProof(NamedUser? User);

    internal sealed record NamedUser(string? Id, string? Name, string? Password, NamedDomain? Domain);

    internal sealed record NamedDomain(string? Id, string? Name);

    internal sealed record TokenProof(string? Id);

    /// <summary>What the token is to be for: the project when both are given.</summary>
    internal sealed record RequestedScope(NamedProject? Project, NamedDomain? Domain);

    internal sealed record NamedProject(string? Id, string? Name, NamedDomain? Domain);

    /// <summary>The one method that is asked for, or what is wrong with the request.</summary>
    public (string Method, string? Problem) Read()
    {
        const string Password = "password";
        const string Token = "token";

        if (Auth?.Identity is not { } identity)
        {
            return ("", "auth.identity is missing");
        }

        if (identity.Methods is not { Count: > 0 } methods)
        {
            return ("", "auth.identity.methods is missing");
        }

        if (methods.FirstOrDefault(m => m is not (Password or Token)) is { } unsupported)
        {
            return ("", $"the method {(unsupported.Length > 32 ? unsupported[..32] : unsupported)} is not supported; there are password and token");
        }

        if (methods.Count > 1 || methods[0] is not { } method)
        {
            return ("", "auth.identity.methods names one method");
        }

        return method is Password ? (method, PasswordProblem(identity.Password?.User)) : (method, TokenProblem(identity.Token));
    }

    private static string? PasswordProblem(NamedUser? user) => user switch
    {
        null => "auth.identity.password.user is missing",
        { Password: null } => "auth.identity.password.user.password is missing",
        { Password.Length: > Secrets.Passwords.MaximumLength } => "auth.identity.password.user.password is too long",
        { Id: null or "", Name: null or "" } => "auth.identity.password.user has neither name nor id",
        { Id: null or "", Domain: null or { Id: null or "", Name: null or "" } } =>
            "auth.identity.password.user.domain needs a name or an id",
        _ when !Texts.IsStorable(user.Id) || !Texts.IsStorable(user.Name)
            || !Texts.IsStorable(user.Domain?.Id) || !Texts.IsStorable(user.Domain?.Name) =>
            "auth.identity.password.user has a name or an id that is none",
        _ => null,
    };

    private static string? TokenProblem(TokenProof? token) =>
        token is { Id.Length: > 0 } ? null : "auth.identity.token.id is missing";
}
