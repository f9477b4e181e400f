package io.tinyfleet.server.access;

import io.quarkus.elytron.security.common.BcryptUtil;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.tinyfleet.protocol.UuidV7;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/** Local accounts: who they are, and whether a password is theirs. */
@ApplicationScoped
class Accounts {
    static final String ADMIN = "admin";

    private static final int BCRYPT_COST = 12;

    /** bcrypt looks at no more; a longer password is refused instead of cut. */
    private static final int MAX_PASSWORD_BYTES = 72;

    private static final int MAX_NAME_CHARACTERS = 64;
    private static final int GENERATED_PASSWORD_BYTES = 15;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final AccountRepository accounts;
    private final InstantSource clock;

    /** What an unknown name is compared with, so that it takes as long as a known one. */
    private final String nobodysHash = BcryptUtil.bcryptHash(randomPassword(), BCRYPT_COST);

    Accounts(AccountRepository accounts, InstantSource clock) {
        this.accounts = accounts;
        this.clock = clock;
    }

    /** The account, if there is one of that name and the password is its own. */
    Optional<Person> findByPassword(String name, String password) {
        boolean fits = name.length() <= MAX_NAME_CHARACTERS
                && password.getBytes(StandardCharsets.UTF_8).length <= MAX_PASSWORD_BYTES;
        if (!fits) {
            return Optional.empty();
        }
        Optional<Known> known = read(name);
        String hash = known.map(Known::passwordHash).orElse(nobodysHash);
        boolean isRight = BcryptUtil.matches(password, hash); // Outside any transaction: it takes a while by design.
        return known.filter(account -> isRight).map(Known::person);
    }

    /** The account of a session, unless its password was changed since. */
    Optional<Person> find(Session session) {
        return read(session.account())
                .filter(known -> !session.signedInAt().isBefore(known.passwordChangedAt()))
                .map(Known::person);
    }

    /**
     * Makes the first administrator, or gives the present one a new password.
     *
     * @return the password, to be shown once; empty when nothing was to be done
     */
    @Transactional
    Optional<String> prepareAdmin(boolean resetPassword) {
        Optional<AccountEntity> admin = accounts.findByName(ADMIN);
        if (admin.isPresent() && !resetPassword) {
            return Optional.empty();
        }
        String password = randomPassword();
        String hash = BcryptUtil.bcryptHash(password, BCRYPT_COST);
        Instant now = clock.instant();
        if (admin.isPresent()) {
            admin.get().passwordHash = hash;
            admin.get().passwordChangedAt = now;
        } else {
            accounts.persist(new AccountEntity(UuidV7.next(clock), ADMIN, hash, new String[] {Role.ADMIN.word()}, now));
        }
        return Optional.of(password);
    }

    private Optional<Known> read(String name) {
        return QuarkusTransaction.joiningExisting()
                .call(() -> accounts.findByName(name)
                        .map(account -> new Known(
                                new Person(
                                        account.name,
                                        Arrays.stream(account.roles)
                                                .map(Role::of)
                                                .toList()),
                                account.passwordHash,
                                account.passwordChangedAt)));
    }

    private static String randomPassword() {
        byte[] bytes = new byte[GENERATED_PASSWORD_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private record Known(Person person, String passwordHash, Instant passwordChangedAt) {}
}
