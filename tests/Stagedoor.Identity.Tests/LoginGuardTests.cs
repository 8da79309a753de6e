using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class LoginGuardTests : IDisposable
{
    private const string Password = "Correct-1";
    private static readonly string s_hash = PasswordHash.Compute(Password, 1_000);
    private readonly PasswordHashing _hashing = new(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _hashing.Dispose();

    [Theory]
    [InlineData(Password, false, true, LoginResult.Right, "asked right")]
    [InlineData("Wrong-1", false, true, LoginResult.Wrong, "asked wrong")]
    [InlineData(Password, true, true, LoginResult.Locked, "asked")]
    [InlineData(Password, false, false, LoginResult.Wrong, "asked right wrong")]
    public async Task What_becomes_of_an_attempt_is_counted(string password, bool isLocked, bool mayEnter, LoginResult expected, string steps)
    {
        var attempt = new Attempt { IsLocked = isLocked, MayEnter = mayEnter };

        var result = await new LoginGuard(new(_hashing), _hashing).CheckAsync(attempt, password, Cancellation);

        Assert.Equal(expected, result);
        Assert.Equal(steps, string.Join(' ', attempt.Steps));
    }

    [Fact]
    public async Task What_cannot_be_counted_is_no_wrong_password()
    {
        var attempt = new Attempt { Fault = new InvalidOperationException("the store is gone") };

        await Assert.ThrowsAsync<InvalidOperationException>(() => new LoginGuard(new(_hashing), _hashing).CheckAsync(attempt, "Wrong-1", Cancellation));
    }

    [Fact]
    public async Task Where_there_is_no_room_nothing_is_asked()
    {
        var attempt = new Attempt();

        var result = await new LoginGuard(new(0), _hashing).CheckAsync(attempt, Password, Cancellation);

        Assert.Equal(LoginResult.Busy, result);
        Assert.Empty(attempt.Steps);
    }

    private sealed class Attempt : ILoginAttempt
    {
        public List<string> Steps { get; } = [];

        public bool IsLocked { get; init; }

        public bool MayEnter { get; init; } = true;

        public Exception? Fault { get; init; }

        public string Subject => "someone";

        public ClientNetwork Network => default;

        public Task<bool> IsLockedAsync(CancellationToken cancellationToken) => Step("asked", IsLocked);

        public string FindHash() => s_hash;

        public Task<bool> SucceedAsync(CancellationToken cancellationToken) => Step("right", MayEnter);

        public Task<bool> FailAsync(CancellationToken cancellationToken) => Fault is null ? Step("wrong", false) : Task.FromException<bool>(Fault);

        private Task<bool> Step(string name, bool answer)
        {
            Steps.Add(name);
            return Task.FromResult(answer);
        }
    }
}
