-- +goose Up

-- What a clinic spent on language models in a calendar month of its time zone.
CREATE TABLE model_spend (
    clinic_id  uuid             NOT NULL REFERENCES clinic ON DELETE CASCADE,
    month      date             NOT NULL,
    model      text             NOT NULL,
    tokens_in  bigint           NOT NULL,
    tokens_out bigint           NOT NULL,
    cost       double precision NOT NULL,
    PRIMARY KEY (clinic_id, month, model)
);
SELECT frontdesk_protect('model_spend');

-- +goose Down
DROP TABLE model_spend;
